/**
 * Content-Security-Policy of a page: only its own scripts run, only its own server is talked to.
 *
 * There is no `upgrade-insecure-requests`: a NodePort is plain http.
 *
 * @param nonce unguessable text, new for each answer
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
