import { beforeEach, describe, expect, it, vi } from "vitest";

import { authSecret, backendUrl, cookieSecure } from "@/server/configuration";

beforeEach(() => {
  for (const name of ["BACKEND_URL", "NEXT_PUBLIC_API_URL", "COOKIE_SECURE", "BETTER_AUTH_SECRET"]) vi.stubEnv(name, "");
});

describe("backendUrl", () => {
  it("is the cluster's Service by default", () => {
    expect(backendUrl()).toBe("http://todo-backend-service:8080");
  });

  it("prefers BACKEND_URL to the older name and is read at each call", () => {
    vi.stubEnv("NEXT_PUBLIC_API_URL", "http://old:1");
    expect(backendUrl()).toBe("http://old:1");
    vi.stubEnv("BACKEND_URL", "http://new:2/");
    expect(backendUrl()).toBe("http://new:2");
  });
});

describe("cookieSecure", () => {
  it("is off only when it is switched off", () => {
    expect(cookieSecure()).toBe(true);
    vi.stubEnv("COOKIE_SECURE", "false");
    expect(cookieSecure()).toBe(false);
  });
});

describe("authSecret", () => {
  it("has no default", () => {
    expect(() => authSecret()).toThrow("BETTER_AUTH_SECRET is not set");
  });
});
