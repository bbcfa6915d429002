import { describe, expect, it } from "vitest";

import { environmentProblem } from "../runtime/environment.mjs";

const SECRET = "s".repeat(32);

describe("environmentProblem", () => {
  it("lets a complete environment start", () => {
    const rest = { PORT: "3000", BACKEND_URL: "http://backend:8080", COOKIE_SECURE: "false" };
    expect(environmentProblem({ BETTER_AUTH_SECRET: SECRET })).toBeNull();
    expect(environmentProblem({ BETTER_AUTH_SECRET: SECRET, ...rest })).toBeNull();
  });

  it.each([
    ["BETTER_AUTH_SECRET", undefined],
    ["BETTER_AUTH_SECRET", ""],
    ["BETTER_AUTH_SECRET", "hunter2-".repeat(3)],
    ["PORT", "http"],
    ["PORT", "65536"],
    ["PORT", "0"],
    ["BACKEND_URL", "backend:8080"],
    ["BACKEND_URL", "ftp://backend"],
    ["COOKIE_SECURE", "no"],
  ])("names %s when it is %j and never shows its value", (name, value) => {
    const problem = environmentProblem({ BETTER_AUTH_SECRET: SECRET, [name]: value }) ?? "";
    expect(problem).toMatch(new RegExp(`^${name} .+\\.$`));
    if (value) expect(problem).not.toContain(`${value} `);
  });

  it("counts the secret in bytes, not in characters", () => {
    expect(environmentProblem({ BETTER_AUTH_SECRET: "ä".repeat(16) })).toBeNull();
  });
});
