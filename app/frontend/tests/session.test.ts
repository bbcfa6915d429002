import { beforeEach, describe, expect, it, vi } from "vitest";

import { clearedSessionCookie, openSession, sealSession, type Session, sessionCookie } from "@/server/session";

const SESSION: Session = { token: "aaa.bbb.ccc", user: { id: "1", email: "ann@todo.test", name: "Ann" } };
const SOON = new Date(Date.now() + 60_000);

beforeEach(() => {
  vi.stubEnv("BETTER_AUTH_SECRET", "s".repeat(32));
  vi.stubEnv("COOKIE_SECURE", "true");
});

describe("a sealed session", () => {
  it("opens again and shows nothing of what is in it", async () => {
    const sealed = await sealSession(SESSION, SOON);
    expect(await openSession(sealed)).toEqual(SESSION);
    expect(Buffer.from(sealed, "base64url").toString()).not.toContain("ann@todo.test");
  });

  it("is different each time", async () => {
    expect(await sealSession(SESSION, SOON)).not.toBe(await sealSession(SESSION, SOON));
  });

  it("does not open after its end", async () => {
    expect(await openSession(await sealSession(SESSION, new Date(Date.now() - 1_000)))).toBeNull();
  });

  it("does not open with another secret", async () => {
    const sealed = await sealSession(SESSION, SOON);
    vi.stubEnv("BETTER_AUTH_SECRET", "t".repeat(32));
    expect(await openSession(sealed)).toBeNull();
  });

  it("does not open when one character of it is changed", async () => {
    const [header, key, iv, text, tag] = (await sealSession(SESSION, SOON)).split(".");
    const forged = `${text?.startsWith("A") ? "B" : "A"}${text?.slice(1)}`;
    expect(await openSession([header, key, iv, forged, tag].join("."))).toBeNull();
  });

  it.each([undefined, "", "rubbish", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])("does not open when it is %j", async (sealed) => {
    expect(await openSession(sealed)).toBeNull();
  });

  it("stays under the 4096 bytes of a cookie with the longest name and address", async () => {
    const name = Array.from({ length: 255 }, (_, place) => String.fromCodePoint(0x1f300 + ((place * 37) % 600))).join("");
    const claims = { iss: "todo-backend", aud: "todo-api", sub: crypto.randomUUID(), email: `${"e".repeat(245)}@todo.test` };
    const ascii = JSON.stringify({ ...claims, name, iat: 1767323045, exp: 1767409445, jti: crypto.randomUUID() }).replaceAll(
      /[^\0-~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    const token = `${"h".repeat(36)}.${Buffer.from(ascii).toString("base64url")}.${"s".repeat(43)}`;
    const sealed = await sealSession({ token, user: { id: claims.sub, email: claims.email, name } }, SOON);
    expect(Buffer.byteLength(sessionCookie(sealed, SOON))).toBeLessThan(4096);
  });
});

describe("the session cookie", () => {
  it("is kept for a day after the session, out of reach of scripts, other sites and plain http", () => {
    expect(sessionCookie("sealed", new Date(0))).toBe(
      "todo_session=sealed; Expires=Fri, 02 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax; Secure",
    );
    expect(clearedSessionCookie()).toBe("todo_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure");
  });

  it("goes over plain http only where that is configured", () => {
    vi.stubEnv("COOKIE_SECURE", "false");
    expect(clearedSessionCookie()).not.toContain("Secure");
  });
});
