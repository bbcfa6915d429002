import type { NextRequest } from "next/server";

import { forward } from "@/server/forward";
import { SESSION_COOKIE } from "@/server/session";

/** Never answered from the build: the backend's address is known only at run time. */
export const dynamic = "force-dynamic";

async function handle(request: NextRequest): Promise<Response> {
  return await forward(request, request.cookies.get(SESSION_COOKIE)?.value);
}

export { handle as DELETE, handle as GET, handle as PATCH, handle as POST, handle as PUT };
