import { describe, expect, it } from "vitest";

import { isForeignWrite } from "@/server/origin";

function request(method: string, headers: Record<string, string>): Request {
  return new Request("http://0.0.0.0:3000/api/tasks", { method, headers });
}

describe("isForeignWrite", () => {
  it.each([
    ["POST", {}],
    ["POST", { origin: "http://todo.test:30080" }],
    ["DELETE", { origin: "https://todo.test:30080" }],
    ["GET", { origin: "http://evil.test" }],
  ])("lets %s with %j through", (method, headers) => {
    expect(isForeignWrite(request(method, { host: "todo.test:30080", ...headers }))).toBe(false);
  });

  it.each([
    ["http://todo.test", "todo.test:80"],
    ["http://todo.test:80", "todo.test"],
    ["https://todo.test", "todo.test:443"],
  ])("takes %s and a host %s for the same", (origin, host) => {
    expect(isForeignWrite(request("POST", { host, origin }))).toBe(false);
  });

  it("refuses another port of the same host", () => {
    expect(isForeignWrite(request("POST", { host: "todo.test:80", origin: "https://todo.test" }))).toBe(true);
  });

  it.each([
    ["POST", "http://evil.test"],
    ["PUT", "http://todo.test"],
    ["PATCH", "http://todo.test:30080.evil.test"],
    ["DELETE", "null"],
    ["POST", ""],
  ])("refuses %s from %j", (method, origin) => {
    expect(isForeignWrite(request(method, { host: "todo.test:30080", origin }))).toBe(true);
  });
});
