"use client";

import { useState } from "react";

import { ApiError, call } from "@/browser/api";
import { useHydrated } from "@/browser/use-hydrated";

/** Button that ends the session and leads to the log-in page. */
export function LogOutButton() {
  const hydrated = useHydrated();
  const [failed, setFailed] = useState(false);

  async function logOut() {
    try {
      await call("POST", "/api/auth/logout");
    } catch (error) {
      // Any answer of our server drops the cookie; without one the session would go on unnoticed.
      if (error instanceof ApiError && error.status === 0) {
        setFailed(true);
        return;
      }
    }
    window.location.assign("/login");
  }

  return (
    <button type="button" disabled={!hydrated} onClick={() => void logOut()} data-testid="logout">
      {failed ? "Log out: try again" : "Log out"}
    </button>
  );
}
