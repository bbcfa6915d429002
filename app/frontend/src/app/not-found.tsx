import Link from "next/link";

export default function NotFoundPage() {
  return (
    <main className="narrow stack" data-testid="not-found">
      <h1>Page not found</h1>
      <p>There is nothing at this address.</p>
      <p>
        <Link href="/" data-testid="to-start">
          To the start page
        </Link>
      </p>
    </main>
  );
}
