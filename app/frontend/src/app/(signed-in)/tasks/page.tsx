import type { Metadata } from "next";

import { TaskBoard } from "@/components/task-board";

export const metadata: Metadata = { title: "Tasks · Todo" };

export default function TasksPage() {
  return (
    <main className="wide stack">
      <h1>Tasks</h1>
      <TaskBoard />
    </main>
  );
}
