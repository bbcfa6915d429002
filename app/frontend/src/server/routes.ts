/** Which paths of the backend can be reached through the frontend. */

/** One reachable path of the backend. */
export interface BackendRoute {
  /** Path with its variable parts in braces, as it is logged. */
  readonly template: string;
  /** Longest wait for the backend's whole answer, in milliseconds. */
  readonly timeoutMs: number;
}

const TIMEOUT_MS = 10_000;
/** A chat turn may take the backend 30 s; it shall answer with its own time-out before the frontend gives up. */
const CHAT_TIMEOUT_MS = 35_000;

const AUTH_TEMPLATES = ["/api/auth/signup", "/api/auth/login", "/api/auth/logout", "/api/auth/me"];
/** Paths of one user's objects; each exists twice, bare and under the user's id. */
const USER_TEMPLATES = [
  "/tasks",
  "/tasks/{id}",
  "/tasks/{id}/toggle",
  "/tasks/{id}/complete",
  "/chat",
  "/conversations",
  "/conversations/{id}",
  "/conversations/{id}/messages",
];

const PARTS: Readonly<Record<string, string>> = {
  "{user_id}": "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
  // Wider than a UUID: what is wrong with an id is the backend's to say (422).
  "{id}": "[0-9A-Za-z_-]{1,64}",
};

const ROUTES = [
  ...AUTH_TEMPLATES,
  ...USER_TEMPLATES.flatMap((template) => [`/api${template}`, `/api/{user_id}${template}`]),
].map((template) => ({
  pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, (part) => PARTS[part] ?? part)}$`),
  route: { template, timeoutMs: template.endsWith("/chat") ? CHAT_TIMEOUT_MS : TIMEOUT_MS },
}));

/** Find the route of a path as it stands in the request line (still percent-encoded); null when it is not let through. */
export function backendRoute(pathname: string): BackendRoute | null {
  return ROUTES.find(({ pattern }) => pattern.test(pathname))?.route ?? null;
}
