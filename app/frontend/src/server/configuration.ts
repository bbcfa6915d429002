/** Settings of the frontend server, read from the environment at each use so that an image fits every address. */

/** Where the backend's Service answers inside the cluster. */
const DEFAULT_BACKEND_URL = "http://todo-backend-service:8080";

/**
 * Read one variable at run time.
 *
 * The name is looked up dynamically: a literal `process.env.NEXT_PUBLIC_…` would be replaced by the value of the build.
 */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/** Base address of the backend without a slash at its end. */
export function backendUrl(): string {
  const url = variable("BACKEND_URL") ?? variable("NEXT_PUBLIC_API_URL") ?? DEFAULT_BACKEND_URL;
  return url.replace(/\/+$/, "");
}

/** Whether the session cookie is limited to https; only plain-http set-ups switch it off. */
export function cookieSecure(): boolean {
  return variable("COOKIE_SECURE") !== "false";
}

/**
 * Secret from which the session cookie is sealed.
 *
 * @throws Error when it is not set; the entry point refuses to start before that can happen
 */
export function authSecret(): string {
  const secret = variable("BETTER_AUTH_SECRET");
  if (secret === undefined) throw new Error("BETTER_AUTH_SECRET is not set");
  return secret;
}
