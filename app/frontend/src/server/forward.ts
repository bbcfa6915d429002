/** The run-time API proxy: same-origin requests of the browser go to the backend with the session's token. */
import { ApiRefusal } from "./api-error";
import { callBackend, readJson } from "./backend";
import { logRequest } from "./log";
import { isForeignWrite } from "./origin";
import { readBody } from "./request-body";
import { requestId } from "./request-id";
import { type BackendRoute, backendRoute } from "./routes";
import { clearedSessionCookie, openSession, sealSession, sessionCookie, type SessionUser } from "./session";

/** Request headers that mean something to the backend; cookies, authorization and hop-by-hop headers are not among them. */
const REQUEST_HEADERS = ["accept", "accept-language", "content-type", "user-agent", "x-forwarded-for"];
/** Response headers that mean something to the browser. */
const RESPONSE_HEADERS = ["allow", "cache-control", "content-type", "location", "retry-after"];

/** What the backend answers to a sign-up or log-in. */
interface IssuedToken {
  readonly user: SessionUser;
  readonly token: string;
  readonly expires_at: string;
}

/** Handle one request to `/api/…`: check it, pass it on, answer it and log it. */
export async function forward(request: Request, sealedSession: string | undefined): Promise<Response> {
  const started = performance.now();
  const id = requestId(request.headers);
  const url = new URL(request.url);
  const route = backendRoute(url.pathname);
  let response: Response;
  try {
    response = await answer(request, route, `${url.pathname}${url.search}`, id, sealedSession);
  } catch (error) {
    response = refused(error).response(id);
  }
  if (response.status === 401 || route?.template === "/api/auth/logout") {
    response.headers.append("set-cookie", clearedSessionCookie());
  }
  response.headers.set("x-request-id", id);
  logRequest({
    request_id: id,
    method: request.method,
    route: route?.template ?? "unknown",
    status: response.status,
    duration_ms: Math.round(performance.now() - started),
  });
  return response;
}

function refused(error: unknown): ApiRefusal {
  if (error instanceof ApiRefusal) return error;
  console.error(error);
  return new ApiRefusal("INTERNAL_ERROR", "Something went wrong on our side. Please try again.");
}

async function answer(
  request: Request,
  route: BackendRoute | null,
  target: string,
  id: string,
  sealedSession: string | undefined,
): Promise<Response> {
  if (!route) throw new ApiRefusal("NOT_FOUND", "There is nothing at this address.");
  if (isForeignWrite(request)) throw new ApiRefusal("FORBIDDEN", "The request came from another site.");
  const headers = picked(request.headers, REQUEST_HEADERS);
  headers.set("accept-encoding", "identity");
  headers.set("x-request-id", id);
  const session = await openSession(sealedSession);
  if (session) headers.set("authorization", `Bearer ${session.token}`);
  const body = await readBody(request);
  const response = await callBackend({ method: request.method, target, headers, body, timeoutMs: route.timeoutMs });
  const issues = route.template === "/api/auth/login" || route.template === "/api/auth/signup";
  return issues && response.ok ? await keepToken(response) : passedOn(response);
}

/** Answer of a sign-up or log-in: the token goes into the cookie and out of the body. */
async function keepToken(response: Response): Promise<Response> {
  const { token, ...shown } = (await readJson(response)) as IssuedToken;
  const { id, email, name } = shown.user;
  const expires = new Date(shown.expires_at);
  const sealed = await sealSession({ token, user: { id, email, name } }, expires);
  const headers = { "cache-control": "no-store", "set-cookie": sessionCookie(sealed, expires) };
  return Response.json(shown, { status: response.status, headers });
}

function passedOn(response: Response): Response {
  const headers = picked(response.headers, RESPONSE_HEADERS);
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  return new Response(response.body, { status: response.status, headers });
}

function picked(source: Headers, names: readonly string[]): Headers {
  const headers = new Headers();
  for (const name of names) {
    const value = source.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}
