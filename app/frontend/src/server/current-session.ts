import { cookies } from "next/headers";

import { openSession, SESSION_COOKIE, type Session } from "./session";

/** Session of the request a page is rendered for, or null when nobody is signed in. */
export async function currentSession(): Promise<Session | null> {
  const jar = await cookies();
  return await openSession(jar.get(SESSION_COOKIE)?.value);
}

/** Whether there was a session, for a request that has none: the browser keeps its cookie for a while longer. */
export async function sessionEnded(): Promise<boolean> {
  return (await cookies()).has(SESSION_COOKIE);
}
