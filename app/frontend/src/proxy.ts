import { type NextRequest, NextResponse } from "next/server";

import { contentSecurityPolicy } from "@/server/content-security-policy";

/** Give every page its own Content-Security-Policy; Next.js reads the nonce from the request's copy of the header. */
export function proxy(request: NextRequest): NextResponse {
  const policy = contentSecurityPolicy(Buffer.from(crypto.randomUUID()).toString("base64"));
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

/** Pages only: neither the API nor files. */
export const config = { matcher: ["/((?!api/|_next/static/|icon.svg).*)"] };
