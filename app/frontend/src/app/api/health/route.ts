export const dynamic = "force-dynamic";

/** Whether this process answers; for probes, so it asks nobody else. */
export function GET(): Response {
  return Response.json({ status: "healthy" }, { headers: { "cache-control": "no-store" } });
}
