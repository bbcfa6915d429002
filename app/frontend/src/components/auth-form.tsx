"use client";

import { type SubmitEvent, useState } from "react";

import { call, failureMessage } from "@/browser/api";
import { useHydrated } from "@/browser/use-hydrated";

import { Field } from "./field";

/** Form of the log-in and the sign-up page. */
export function AuthForm({ mode }: { readonly mode: "login" | "signup" }) {
  const hydrated = useHydrated();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const signup = mode === "signup";

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setBusy(true);
    try {
      await call("POST", `/api/auth/${mode}`, filledIn(new FormData(event.currentTarget)));
      // A whole new page: nothing the router kept from the time before signing in is shown.
      window.location.assign("/tasks");
    } catch (error) {
      setFailure(failureMessage(error));
      setBusy(false);
    }
  }

  // `method` keeps a password out of the address bar should the browser send the form without scripts.
  return (
    <form method="post" onSubmit={(event) => void submit(event)} className="stack" data-testid="auth-form">
      {failure && (
        <p role="alert" className="banner" data-testid="auth-failure">
          {failure}
        </p>
      )}
      {signup && (
        <Field label="Name (optional)" name="name" testId="auth-name" type="text" autoComplete="name" maxLength={255} />
      )}
      <Field label="E-mail" name="email" testId="auth-email" type="email" autoComplete="email" maxLength={255} required />
      <Field
        label="Password"
        name="password"
        testId="auth-password"
        type="password"
        autoComplete={signup ? "new-password" : "current-password"}
        hint={signup ? "8 to 128 characters" : undefined}
        minLength={signup ? 8 : undefined}
        maxLength={128}
        required
      />
      <button type="submit" className="primary" disabled={!hydrated || busy} data-testid="auth-submit">
        {signup ? "Sign up" : "Log in"}
      </button>
    </form>
  );
}

/** Fields with something in them. */
function filledIn(form: FormData): Record<string, FormDataEntryValue> {
  return Object.fromEntries([...form].filter(([, value]) => value !== ""));
}
