import { expect, it } from "vitest";

import { themeOf } from "@/browser/theme";

it.each([
  ["light", "light"],
  ["dark", "dark"],
  ["system", "system"],
  ["purple", "system"],
  [undefined, "system"],
])("takes %j as %s", (value, theme) => {
  expect(themeOf(value)).toBe(theme);
});
