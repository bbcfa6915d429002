/** Answers of the frontend's own handlers when something is refused or out of reach. */

/** Codes of the API contract that the frontend itself gives, with their status. */
const STATUS = {
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  PAYLOAD_TOO_LARGE: 413,
  INTERNAL_ERROR: 500,
  BACKEND_UNAVAILABLE: 502,
  BACKEND_TIMEOUT: 504,
} as const;

/** A refusal that is shown to the client in the error shape of the API. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";

  constructor(
    readonly code: keyof typeof STATUS,
    message: string,
  ) {
    super(message);
  }

  /** The answer `{"error":{code,message,request_id}}`. */
  response(requestId: string): Response {
    const error = { code: this.code, message: this.message, request_id: requestId };
    return Response.json({ error }, { status: STATUS[this.code], headers: { "cache-control": "no-store" } });
  }
}
