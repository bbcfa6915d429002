import type { Metadata } from "next";

import { Dashboard } from "@/components/dashboard";

export const metadata: Metadata = { title: "Dashboard · Todo" };

export default function DashboardPage() {
  return (
    <main className="wide stack">
      <h1>Dashboard</h1>
      <Dashboard />
    </main>
  );
}
