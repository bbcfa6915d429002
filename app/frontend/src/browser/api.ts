/** Calls of the browser to its own server; shapes are those of the API contract. */

/** Longest wait for an answer, in milliseconds; longer than the server's own wait for the backend. */
const TIMEOUT_MS = 15_000;

/** A call that did not succeed, with a sentence that can be shown to the user. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** HTTP status, 0 when there was no answer at all. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Error shape of the API. */
interface ErrorReply {
  readonly error: {
    readonly message: string;
    readonly details?: readonly { readonly field: string; readonly message: string }[];
  };
}

const NO_ANSWER = "The service cannot be reached at the moment. Please check your connection and try again.";

/**
 * Send one request with an optional JSON body.
 *
 * @returns the decoded answer, undefined when it is empty
 * @throws ApiError when the answer is not a success or does not arrive
 */
export async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, NO_ANSWER);
  }
  if (!response.ok) throw new ApiError(response.status, await messageOf(response));
  return response.status === 204 ? undefined : await response.json();
}

async function messageOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as ErrorReply;
    const refused = error.details?.map(({ field, message }) => `${field.split(".").at(-1) ?? field}: ${message}`);
    return refused?.join(". ") ?? error.message;
  } catch {
    return NO_ANSWER;
  }
}

/** What to tell the user about anything that was thrown by a call. */
export function failureMessage(error: unknown): string {
  return error instanceof ApiError ? error.message : NO_ANSWER;
}
