import { describe, expect, it, vi } from "vitest";

import { ApiError } from "@/browser/api";
import { chatFailureMessage, conversationOf, listMessages, say } from "@/browser/chat";

function refused(status: number, code: string, retryAfterS: number | null = null): ApiError {
  const details = [{ field: "conversation_id", message: "c-1" }];
  return new ApiError(status, "The server's sentence.", { code, details, retryAfterS });
}

describe("chatFailureMessage", () => {
  it.each([
    [503, "AI_NOT_CONFIGURED", "switched off"],
    [429, "AI_QUOTA_EXCEEDED", "all it may"],
    [504, "AI_AGENT_TIMEOUT", "too long"],
    [504, "BACKEND_TIMEOUT", "too long"],
    [502, "AI_AGENT_ERROR", "could not answer"],
    [409, "CONFLICT", "still busy"],
    [404, "NOT_FOUND", "no such conversation"],
    [503, "DATABASE_ERROR", "The server's sentence."],
  ])("tells %i %s in words", (status, code, words) => {
    const message = chatFailureMessage(refused(status, code));
    expect(message).toContain(words);
    expect(message).not.toContain(code);
  });

  it.each([
    [1, "1 second."],
    [119, "119 seconds."],
    [120, "2 minutes."],
    [3601, "61 minutes."],
  ])("says that %i s are to be waited", (seconds, words) => {
    expect(chatFailureMessage(refused(429, "AI_QUOTA_EXCEEDED", seconds))).toContain(`Try again in ${words}`);
  });
});

describe("conversationOf", () => {
  it("finds where a failed turn was stored", () => {
    expect(conversationOf(refused(502, "AI_AGENT_ERROR"))).toBe("c-1");
  });

  it.each([new ApiError(0, "no answer"), new TypeError("x")])("is null when it is not known", (error) => {
    expect(conversationOf(error)).toBeNull();
  });
});

describe("listMessages", () => {
  it("fetches until all are there", async () => {
    const all = Array.from({ length: 450 }, (_, number) => ({ id: `${number}` }));
    const asked: string[] = [];
    vi.stubGlobal("fetch", (path: string) => {
      asked.push(path);
      const offset = Number(new URL(path, "http://todo.test").searchParams.get("offset"));
      return Promise.resolve(Response.json({ messages: all.slice(offset, offset + 200), total: all.length }));
    });
    expect(await listMessages("c/1")).toEqual(all);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBe("/api/conversations/c%2F1/messages?limit=200&offset=0");
  });

  it("ends when messages vanish meanwhile", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ messages: [], total: 5 })));
    expect(await listMessages("c-1")).toEqual([]);
  });
});

describe("say", () => {
  it.each([
    [null, { message: "hello" }],
    ["c-1", { message: "hello", conversation_id: "c-1" }],
  ])("speaks in conversation %j", async (id, body) => {
    const sent: unknown[] = [];
    vi.stubGlobal("fetch", (_: string, init: { body: string }) => {
      sent.push(JSON.parse(init.body));
      return Promise.resolve(Response.json({ content: "hi" }));
    });
    expect(await say("hello", id)).toEqual({ content: "hi" });
    expect(sent).toEqual([body]);
  });
});
