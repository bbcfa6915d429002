import { ApiRefusal } from "./api-error";
import { backendUrl } from "./configuration";

/** A call to the backend. */
export interface BackendCall {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  readonly timeoutMs: number;
}

/**
 * Call the backend; its body can be read until the time-out of the call.
 *
 * @throws ApiRefusal BACKEND_TIMEOUT when it does not answer in time, BACKEND_UNAVAILABLE when it cannot be reached
 */
export async function callBackend(call: BackendCall): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${backendUrl()}${call.target}`, {
      method: call.method,
      headers: call.headers,
      body: call.body ?? null,
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(call.timeoutMs),
    });
  } catch (error) {
    throw refusal(error);
  }
  if (response.status >= 300 && response.status < 400) {
    // Its address would be one of the cluster's inside.
    throw new ApiRefusal("BACKEND_UNAVAILABLE", "The service gave an answer that is not understood.");
  }
  return response;
}

/**
 * Read a backend's answer that has to be understood here.
 *
 * @throws ApiRefusal as `callBackend` does
 */
export async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): ApiRefusal {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new ApiRefusal("BACKEND_TIMEOUT", "The service did not answer in time. Please try again.");
  }
  return new ApiRefusal("BACKEND_UNAVAILABLE", "The service cannot be reached at the moment. Please try again.");
}
