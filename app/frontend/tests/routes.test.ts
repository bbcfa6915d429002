import { describe, expect, it } from "vitest";

import { backendRoute } from "@/server/routes";

const USER = "0b8f9a52-53a8-4f0c-9a4e-2f5f5a4dd7a1";

describe("backendRoute", () => {
  it.each([
    ["/api/auth/login", "/api/auth/login", 10_000],
    ["/api/tasks", "/api/tasks", 10_000],
    [`/api/tasks/${USER}`, "/api/tasks/{id}", 10_000],
    ["/api/tasks/not-a-uuid", "/api/tasks/{id}", 10_000],
    [`/api/tasks/${USER}/toggle`, "/api/tasks/{id}/toggle", 10_000],
    [`/api/${USER}/tasks`, "/api/{user_id}/tasks", 10_000],
    [`/api/${USER}/tasks/${USER}/complete`, "/api/{user_id}/tasks/{id}/complete", 10_000],
    ["/api/chat", "/api/chat", 35_000],
    [`/api/${USER}/chat`, "/api/{user_id}/chat", 35_000],
    [`/api/conversations/${USER}/messages`, "/api/conversations/{id}/messages", 10_000],
  ])("lets %s through as %s", (path, template, timeoutMs) => {
    expect(backendRoute(path)).toEqual({ template, timeoutMs });
  });

  it.each([
    "/api",
    "/api/",
    "/api/auth",
    "/api/auth/login/",
    "/api/auth/login2",
    "/xapi/tasks",
    "/api/tasks/",
    "/api/tasks/a/b",
    "/api/tasks/..%2f..%2fmetrics",
    "/api/tasks/a.b",
    `/api/${USER}/auth/login`,
    "/api/somebody/tasks",
    "/api/health",
    "/health",
    "/ready",
    "/metrics",
    "/docs",
    "/openapi.json",
    `/api/tasks/${"a".repeat(65)}`,
  ])("does not let %s through", (path) => {
    expect(backendRoute(path)).toBeNull();
  });
});
