/** Bounded and plain, so that a foreign id cannot forge or flood log lines. */
const ACCEPTED = /^[A-Za-z0-9._-]{1,64}$/;

/** Id of a request: the one its sender gave in `X-Request-ID` when it is plain, else a new one. */
export function requestId(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && ACCEPTED.test(given) ? given : crypto.randomUUID();
}
