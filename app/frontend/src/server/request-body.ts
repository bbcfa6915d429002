import { ApiRefusal } from "./api-error";

/** Longest request body the API takes, in bytes. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Read a request's body whole; its bound is small, and a whole body is sent on with its length.
 *
 * @returns undefined when there is none
 * @throws ApiRefusal PAYLOAD_TOO_LARGE as soon as it is known to be over the limit
 */
export async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (request.body === null) return undefined;
  if (Number(request.headers.get("content-length")) > BODY_LIMIT_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > BODY_LIMIT_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(): ApiRefusal {
  return new ApiRefusal("PAYLOAD_TOO_LARGE", "The request is larger than 64 KiB.");
}
