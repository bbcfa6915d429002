/** Shortest accepted BETTER_AUTH_SECRET in bytes of UTF-8: the key length of the cookie's AES-256. */
export const SECRET_MIN_BYTES = 32;

/**
 * Say what is wrong with the environment the server is to be started with.
 *
 * The sentence names the variable and never shows its value, because it ends up in logs.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {string | null} one sentence, or null when the server may start
 */
export function environmentProblem(environment) {
  return (
    secretProblem(environment.BETTER_AUTH_SECRET) ??
    portProblem(environment.PORT) ??
    backendProblem(environment.BACKEND_URL) ??
    switchProblem(environment.COOKIE_SECURE)
  );
}

/** @param {string | undefined} secret */
function secretProblem(secret) {
  if (!secret) return "BETTER_AUTH_SECRET is not set: give it a random value of at least 32 bytes.";
  if (Buffer.byteLength(secret) < SECRET_MIN_BYTES) {
    return "BETTER_AUTH_SECRET is too short: give it a random value of at least 32 bytes.";
  }
  return null;
}

/** @param {string | undefined} port */
function portProblem(port) {
  if (!port) return null;
  const valid = /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535;
  return valid ? null : "PORT is not a port number: give a whole number from 1 to 65535.";
}

/** @param {string | undefined} url */
function backendProblem(url) {
  if (!url) return null;
  const valid = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return valid ? null : "BACKEND_URL is not an http or https address: give one such as http://todo-backend-service:8080.";
}

/** @param {string | undefined} value */
function switchProblem(value) {
  if (value === undefined || value === "true" || value === "false") return null;
  return "COOKIE_SECURE is neither true nor false: set it to one of them.";
}
