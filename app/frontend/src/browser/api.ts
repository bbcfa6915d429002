/** Calls of the browser to its own server; shapes are those of the API contract. */

/** Longest wait for an answer, in milliseconds; longer than the server's own wait for the backend. */
const TIMEOUT_MS = 15_000;

/** One field of a refused request and what is to be said about it. */
export interface ErrorDetail {
  readonly field: string;
  readonly message: string;
}

/** What is known of a call that did not succeed. */
export interface Failure {
  /** Code of the API contract; empty when there was no answer in its form. */
  readonly code: string;
  readonly details: readonly ErrorDetail[];
  /** Wait that the answer asks for before the next try, in seconds; null when it asks for none. */
  readonly retryAfterS: number | null;
}

/** A call that did not succeed, with a sentence that can be shown to the user. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** HTTP status, 0 when there was no answer at all. */
    readonly status: number,
    message: string,
    readonly failure: Failure = { code: "", details: [], retryAfterS: null },
  ) {
    super(message);
  }
}

/** Error shape of the API. */
interface ErrorReply {
  readonly error: { readonly code: string; readonly message: string; readonly details?: readonly ErrorDetail[] };
}

const NO_ANSWER = "The service cannot be reached at the moment. Please check your connection and try again.";

/**
 * Send one request with an optional JSON body.
 *
 * @returns the decoded answer, undefined when it is empty
 * @throws ApiError when the answer is not a success or does not arrive
 */
export async function call(method: string, path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new ApiError(0, NO_ANSWER);
  }
  if (!response.ok) throw await failureOf(response);
  return response.status === 204 ? undefined : await response.json();
}

async function failureOf(response: Response): Promise<ApiError> {
  try {
    const { code, message, details = [] } = ((await response.json()) as ErrorReply).error;
    const retryAfterS = Number(response.headers.get("retry-after")) || null;
    return new ApiError(response.status, sentence(code, message, details), { code, details, retryAfterS });
  } catch {
    return new ApiError(response.status, NO_ANSWER);
  }
}

/** What was refused of the input says more than that something was. */
function sentence(code: string, message: string, details: readonly ErrorDetail[]): string {
  if (code !== "VALIDATION_ERROR" || details.length === 0) return message;
  return details.map(({ field, message: reason }) => `${field.split(".").at(-1) ?? field}: ${reason}`).join(". ");
}

/** What to tell the user about anything that was thrown by a call. */
export function failureMessage(error: unknown): string {
  return error instanceof ApiError ? error.message : NO_ANSWER;
}
