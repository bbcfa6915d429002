import { redirect } from "next/navigation";
import type { ReactNode } from "react";

import { Navigation } from "@/components/navigation";
import { currentSession, sessionEnded } from "@/server/current-session";

/** Frame of the protected pages: nothing below it is rendered without a session. */
export default async function SignedInLayout({ children }: { readonly children: ReactNode }) {
  const session = await currentSession();
  if (!session) redirect((await sessionEnded()) ? "/login?reason=expired" : "/login");
  return (
    <>
      <Navigation user={session.user} />
      {children}
    </>
  );
}
