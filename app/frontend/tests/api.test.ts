import { describe, expect, it, vi } from "vitest";

import { ApiError, call } from "@/browser/api";

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json(body, { status, headers })));
}

async function failure(): Promise<ApiError> {
  const thrown: unknown = await call("GET", "/api/tasks").catch((error: unknown) => error);
  if (!(thrown instanceof ApiError)) throw new Error("nothing was thrown");
  return thrown;
}

describe("a call that fails", () => {
  it("says what was refused of the input", async () => {
    const details = [{ field: "body.title", message: "must not contain control characters" }];
    answer(422, { error: { code: "VALIDATION_ERROR", message: "The request is not valid.", details } });
    expect((await failure()).message).toBe("title: must not contain control characters");
  });

  it("does not show the other details, but keeps them", async () => {
    const details = [{ field: "conversation_id", message: "7" }];
    answer(429, { error: { code: "AI_QUOTA_EXCEEDED", message: "Later.", details } }, { "retry-after": "30" });
    const error = await failure();
    expect(error.message).toBe("Later.");
    expect(error.failure).toEqual({ code: "AI_QUOTA_EXCEEDED", details, retryAfterS: 30 });
  });

  it.each([["an answer in another form", { nothing: 1 }], ["no JSON object", null]])("has words for %s", async (_, body) => {
    answer(502, body);
    const error = await failure();
    expect([error.status, error.failure.code]).toEqual([502, ""]);
    expect(error.message).toContain("cannot be reached");
  });

  it("has words for no answer", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    expect((await failure()).status).toBe(0);
  });
});

describe("a call that succeeds", () => {
  it("gives the decoded answer", async () => {
    answer(200, { total: 1 });
    expect(await call("GET", "/api/tasks")).toEqual({ total: 1 });
  });

  it("gives nothing for an empty answer", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));
    expect(await call("DELETE", "/api/tasks/1")).toBeUndefined();
  });
});
