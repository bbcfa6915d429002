const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request comes from a page of another site and wants to change something.
 *
 * Browsers send `Origin` with every such request; other clients may leave it out, and they carry no foreign cookies.
 */
export function isForeignWrite(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (origin === null || SAFE_METHODS.has(request.method)) return false;
  if (!URL.canParse(origin)) return true;
  const { protocol, host } = new URL(origin);
  // Read in the same way: a client may name the scheme's own port in `Host`, a URL leaves it out.
  const asked = `${protocol}//${request.headers.get("host") ?? ""}`;
  return !URL.canParse(asked) || new URL(asked).host !== host;
}
