import { callBackend } from "@/server/backend";

export const dynamic = "force-dynamic";

const TIMEOUT_MS = 2_000;

/** Whether the backend can be reached from here; for tests, not for probes: a dead backend must not take the pages away. */
export async function GET(): Promise<Response> {
  const ok = await backendHealthy();
  return Response.json(
    { status: ok ? "ready" : "unready", checks: { backend: { ok } } },
    { status: ok ? 200 : 503, headers: { "cache-control": "no-store" } },
  );
}

async function backendHealthy(): Promise<boolean> {
  try {
    const response = await callBackend({ method: "GET", target: "/health", headers: new Headers(), timeoutMs: TIMEOUT_MS });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
