import Link from "next/link";
import { redirect } from "next/navigation";

import { currentSession } from "@/server/current-session";

export default async function LandingPage() {
  if (await currentSession()) redirect("/tasks");
  return (
    <main className="narrow stack" data-testid="landing">
      <h1>Todo</h1>
      <p className="lead">Write down what needs to be done, tick it off, and find it again on every device.</p>
      <div className="row">
        <Link href="/signup" className="button primary" data-testid="landing-signup">
          Sign up
        </Link>
        <Link href="/login" className="button" data-testid="landing-login">
          Log in
        </Link>
      </div>
    </main>
  );
}
