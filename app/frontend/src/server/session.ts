import { hkdfSync } from "node:crypto";

import { EncryptJWT, errors, jwtDecrypt } from "jose";

import { authSecret, cookieSecure } from "./configuration";

/** Name of the cookie that holds the sealed session. */
export const SESSION_COOKIE = "todo_session";

/** The signed-in user as the pages show it. */
export interface SessionUser {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
}

/** What is sealed into the cookie; the browser never sees the token in it. */
export interface Session {
  readonly token: string;
  readonly user: SessionUser;
}

/** 256-bit key of the seal; HKDF makes it uniform whatever the form of the secret. */
function sealKey(): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", authSecret(), "", "todo_session seal v1", 32));
}

/**
 * Seal a session with AES-256-GCM (compact JWE, RFC 7516).
 *
 * It is compressed first, so that the longest names and addresses stay under the 4096 bytes browsers keep (RFC 6265).
 *
 * @param expires end of the session; the seal carries it, so an old cookie is refused even if a browser sends it
 */
export async function sealSession(session: Session, expires: Date): Promise<string> {
  return await new EncryptJWT({ token: session.token, user: { ...session.user } })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", zip: "DEF" })
    .setExpirationTime(expires)
    .encrypt(sealKey());
}

/** Open a sealed session; null when it is missing, expired, damaged or sealed with another secret. */
export async function openSession(sealed: string | undefined): Promise<Session | null> {
  if (!sealed) return null;
  try {
    const { payload } = await jwtDecrypt<Session>(sealed, sealKey(), {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    return { token: payload.token, user: payload.user };
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

/** How much longer than the session its cookie is kept, in milliseconds. */
const REMEMBERED_MS = 86_400_000;

/**
 * `Set-Cookie` value that keeps a sealed session.
 *
 * The seal does not open after `expires`; the cookie stays for a day, so that the user can be told why to log in again.
 */
export function sessionCookie(sealed: string, expires: Date): string {
  const forgotten = new Date(expires.getTime() + REMEMBERED_MS);
  return `${SESSION_COOKIE}=${sealed}; Expires=${forgotten.toUTCString()}; ${cookieAttributes()}`;
}

/** `Set-Cookie` value that makes the browser forget the session. */
export function clearedSessionCookie(): string {
  return `${SESSION_COOKIE}=; Max-Age=0; ${cookieAttributes()}`;
}

function cookieAttributes(): string {
  return `Path=/; HttpOnly; SameSite=Lax${cookieSecure() ? "; Secure" : ""}`;
}
