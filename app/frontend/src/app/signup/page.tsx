import Link from "next/link";
import { redirect } from "next/navigation";

import { AuthForm } from "@/components/auth-form";
import { currentSession } from "@/server/current-session";

export default async function SignupPage() {
  if (await currentSession()) redirect("/tasks");
  return (
    <main className="narrow stack">
      <h1>Sign up</h1>
      <AuthForm mode="signup" />
      <p className="quiet">
        Already have an account?{" "}
        <Link href="/login" data-testid="to-login">
          Log in
        </Link>
      </p>
    </main>
  );
}
