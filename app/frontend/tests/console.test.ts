import { describe, expect, it } from "vitest";

import { consoleLine } from "../runtime/console.mjs";

const TIME = new Date("2026-01-02T03:04:05.678Z");

describe("consoleLine", () => {
  it("is one JSON object on one line, without colours", () => {
    const line = consoleLine("info", [" \u001B[32m✓\u001B[0m Ready in %s\nat once", "1ms"], TIME) ?? "";
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toEqual({
      time: "2026-01-02T03:04:05.678Z",
      level: "info",
      message: "✓ Ready in 1ms\nat once",
    });
  });

  it("leaves empty lines out", () => {
    expect(consoleLine("info", [""], TIME)).toBeNull();
  });
});
