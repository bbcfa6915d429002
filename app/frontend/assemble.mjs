/** Last step of `npm run build`: makes `.next/standalone` the whole server, ready to be copied and started. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";

const manifest = /** @type {{ polyfillFiles: string[] }} */ (
  JSON.parse(readFileSync(".next/build-manifest.json", "utf8"))
);
// These 110 kB serve browsers without ES modules, in which the pages do not run anyway; older ones get an empty file.
for (const file of manifest.polyfillFiles) writeFileSync(`.next/${file}`, "");

cpSync(".next/static", ".next/standalone/.next/static", { recursive: true });
cpSync("runtime", ".next/standalone/runtime", { recursive: true });
