import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { forward } from "@/server/forward";
import { openSession, sealSession, sessionCookie } from "@/server/session";

const USER = { id: "0b8f9a52-53a8-4f0c-9a4e-2f5f5a4dd7a1", email: "ann@todo.test", name: null };
const EXPIRES = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000);

/** The backend as a function, and the log as the lines that were written. */
const backend = vi.fn<typeof fetch>();
let log: string[];

beforeEach(() => {
  vi.stubEnv("BETTER_AUTH_SECRET", "s".repeat(32));
  vi.stubEnv("BACKEND_URL", "http://backend.test:8080");
  vi.stubGlobal("fetch", backend);
  log = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    log.push(String(line));
    return true;
  });
  backend.mockResolvedValue(Response.json({ tasks: [], total: 0 }));
});

afterEach(() => {
  vi.restoreAllMocks();
  backend.mockReset();
});

function request(path: string, init: RequestInit = {}): Request {
  const headers = new Headers(init.headers);
  headers.set("host", "todo.test");
  return new Request(`http://todo.test${path}`, { ...init, headers });
}

function sent(): { url: string; init: RequestInit; headers: Headers } {
  const [url, init] = backend.mock.calls[0] ?? [];
  return { url: url as string, init: init ?? {}, headers: new Headers(init?.headers) };
}

async function errorCode(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string; message: string; request_id: string } };
  expect(error.message).toMatch(/\.$/);
  expect(error.request_id).toBe(response.headers.get("x-request-id"));
  return error.code;
}

describe("what reaches the backend", () => {
  it("has path, query, method and body as they came", async () => {
    const body = '{"title":"milk"}';
    const headers = { "content-type": "application/json", origin: "http://todo.test" };
    await forward(request("/api/tasks?q=a%20b", { method: "POST", body, headers }), undefined);
    expect(sent().url).toBe("http://backend.test:8080/api/tasks?q=a%20b");
    expect(sent().init.method).toBe("POST");
    expect(Buffer.from(sent().init.body as Uint8Array).toString()).toBe(body);
    expect(sent().headers.get("content-type")).toBe("application/json");
  });

  it("carries the token of the session, never a foreign authorization or a cookie", async () => {
    const headers = { authorization: "Bearer forged", cookie: "todo_session=x; other=y", "x-user": "z" };
    const sealed = await sealSession({ token: "the.real.token", user: USER }, EXPIRES);
    await forward(request("/api/tasks", { headers }), sealed);
    expect(sent().headers.get("authorization")).toBe("Bearer the.real.token");
    expect(sent().headers.has("cookie")).toBe(false);
    expect(sent().headers.has("x-user")).toBe(false);
  });

  it("has no authorization without a session", async () => {
    await forward(request("/api/tasks", { headers: { authorization: "Bearer forged" } }), "rubbish");
    expect(sent().headers.has("authorization")).toBe(false);
  });

  it("carries the request id on, or a new one in place of one that is not plain", async () => {
    const kept = await forward(request("/api/tasks", { headers: { "x-request-id": "abc-1" } }), undefined);
    expect(sent().headers.get("x-request-id")).toBe("abc-1");
    expect(kept.headers.get("x-request-id")).toBe("abc-1");
    const made = await forward(request("/api/tasks", { headers: { "x-request-id": 'a"b c' } }), undefined);
    expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("what never reaches the backend", () => {
  it.each(["/api/metrics", "/api/tasks/a%2Fb", "/api/unknown"])("%s", async (path) => {
    const response = await forward(request(path), undefined);
    expect(response.status).toBe(404);
    expect(await errorCode(response)).toBe("NOT_FOUND");
    expect(backend).not.toHaveBeenCalled();
  });

  it("a change asked for by another site", async () => {
    const headers = { origin: "http://evil.test" };
    const response = await forward(request("/api/tasks", { method: "POST", body: "{}", headers }), undefined);
    expect(response.status).toBe(403);
    expect(await errorCode(response)).toBe("FORBIDDEN");
    expect(backend).not.toHaveBeenCalled();
  });

  it.each([
    ["with its length", new Uint8Array(64 * 1024 + 1)],
    ["in pieces of unknown length", endless()],
  ])("a body over 64 KiB %s", async (_, body) => {
    const response = await forward(request("/api/tasks", { method: "POST", body, duplex: "half" } as RequestInit), undefined);
    expect(response.status).toBe(413);
    expect(await errorCode(response)).toBe("PAYLOAD_TOO_LARGE");
    expect(backend).not.toHaveBeenCalled();
  });
});

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => {
      controller.enqueue(new Uint8Array(1024));
    },
  });
}

describe("what comes back", () => {
  it("is the backend's answer with the headers that matter to a browser", async () => {
    const headers = { location: "/api/tasks/1", server: "uvicorn", "set-cookie": "a=b" };
    backend.mockResolvedValue(Response.json({ id: "1" }, { status: 201, headers }));
    const response = await forward(request("/api/tasks", { method: "POST", body: "{}" }), undefined);
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ id: "1" });
    expect(response.headers.get("location")).toBe("/api/tasks/1");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.has("server")).toBe(false);
    expect(response.headers.has("set-cookie")).toBe(false);
  });

  it.each([
    ["/api/auth/signup", 201],
    ["/api/auth/login", 200],
  ])("from %s is the user, and the token only inside the sealed cookie", async (path, status) => {
    const issued = { user: { ...USER, created_at: "x" }, token: "aaa.bbb.ccc", expires_at: EXPIRES.toISOString() };
    backend.mockResolvedValue(Response.json(issued, { status }));
    const response = await forward(request(path, { method: "POST", body: "{}" }), undefined);
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ user: issued.user, expires_at: issued.expires_at });
    const sealed = /todo_session=([^;]+)/.exec(cookie)?.[1] ?? "";
    expect(cookie).toBe(sessionCookie(sealed, EXPIRES));
    expect(await openSession(sealed)).toEqual({ token: "aaa.bbb.ccc", user: USER });
  });

  it("drops the cookie with a 401", async () => {
    backend.mockResolvedValue(Response.json({}, { status: 401 }));
    const response = await forward(request("/api/tasks"), undefined);
    expect(response.headers.get("set-cookie")).toContain("todo_session=; Max-Age=0");
  });

  it("drops the cookie on log-out even when the backend is away", async () => {
    backend.mockRejectedValue(new TypeError("fetch failed"));
    const response = await forward(request("/api/auth/logout", { method: "POST" }), undefined);
    expect(response.status).toBe(502);
    expect(response.headers.get("set-cookie")).toContain("todo_session=; Max-Age=0");
  });

  it.each([
    ["BACKEND_UNAVAILABLE", 502, new TypeError("connect ECONNREFUSED 10.0.0.1:8080")],
    ["BACKEND_TIMEOUT", 504, new DOMException("timed out", "TimeoutError")],
  ])("is %s when the backend is", async (code, status, reason) => {
    backend.mockRejectedValue(reason);
    const response = await forward(request("/api/tasks"), undefined);
    expect(response.status).toBe(status);
    expect(await response.clone().text()).not.toContain(reason.message);
    expect(await errorCode(response)).toBe(code);
  });

  it("is never a redirect, which would show an address of the cluster's inside", async () => {
    const headers = { location: "http://backend.test:8080/elsewhere" };
    backend.mockResolvedValue(new Response(null, { status: 307, headers }));
    const response = await forward(request("/api/tasks"), undefined);
    expect(response.status).toBe(502);
    expect(response.headers.has("location")).toBe(false);
  });

  it("is INTERNAL_ERROR without its cause when a log-in's answer makes no sense", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    backend.mockResolvedValue(Response.json({ nothing: true }));
    const response = await forward(request("/api/auth/login", { method: "POST", body: "{}" }), undefined);
    expect(response.status).toBe(500);
    expect(await errorCode(response)).toBe("INTERNAL_ERROR");
  });
});

describe("the log", () => {
  it("has one line for each request, with nothing of its content", async () => {
    const id = "1b8f9a52-53a8-4f0c-9a4e-2f5f5a4dd7a1";
    await forward(request(`/api/tasks/${id}?q=secret`, { headers: { "x-request-id": "r1" } }), undefined);
    expect(log).toHaveLength(1);
    expect(JSON.parse(log[0] ?? "")).toMatchObject({
      level: "info",
      request_id: "r1",
      method: "GET",
      route: "/api/tasks/{id}",
      status: 200,
    });
    expect(log[0]).not.toContain("secret");
    expect(log[0]).not.toContain(id);
  });

  it("has none of the words that a clean log must not have, even when the backend is away", async () => {
    backend.mockRejectedValue(new TypeError("fetch failed"));
    await forward(request("/api/tasks"), undefined);
    expect(log.join("")).not.toMatch(/error|exception|traceback|fatal|failed/i);
  });
});
