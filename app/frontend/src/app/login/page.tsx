import Link from "next/link";
import { redirect } from "next/navigation";

import { AuthForm } from "@/components/auth-form";
import { currentSession } from "@/server/current-session";

export default async function LoginPage({ searchParams }: PageProps<"/login">) {
  if (await currentSession()) redirect("/tasks");
  const { reason } = await searchParams;
  return (
    <main className="narrow stack">
      <h1>Log in</h1>
      {reason === "expired" && (
        <p role="status" className="notice" data-testid="auth-notice">
          Your session has ended. Please log in again.
        </p>
      )}
      <AuthForm mode="login" />
      <p className="quiet">
        No account yet?{" "}
        <Link href="/signup" data-testid="to-signup">
          Sign up
        </Link>
      </p>
    </main>
  );
}
