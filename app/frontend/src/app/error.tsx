"use client";

/** Shown in place of a page that could not be rendered. */
export default function PageFailure({ reset }: { readonly reset: () => void }) {
  return (
    <main className="narrow stack">
      <h1>Something went wrong</h1>
      <p role="alert">This page could not be shown. Your tasks are safe.</p>
      <button type="button" className="primary" onClick={reset} data-testid="page-retry">
        Try again
      </button>
    </main>
  );
}
