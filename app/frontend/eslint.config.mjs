import js from "@eslint/js";
import next from "@next/eslint-plugin-next";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import typescript from "typescript-eslint";

export default defineConfig(
  globalIgnores([".next/", "node_modules/", "next-env.d.ts"]),
  js.configs.recommended,
  typescript.configs.strictTypeChecked,
  typescript.configs.stylisticTypeChecked,
  reactHooks.configs.flat.recommended,
  next.configs["core-web-vitals"],
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // The compiler knows which names exist, in the .mjs files too (checkJs).
      "no-undef": "off",
      // Numbers in template strings are what template strings are for.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["**/*.mjs"],
    // The compiler knows casts in comments, this rule does not.
    rules: { "@typescript-eslint/no-unsafe-assignment": "off" },
  },
);
