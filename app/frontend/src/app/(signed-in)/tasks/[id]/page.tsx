import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";

import { TaskDetail } from "@/components/task-detail";

export const metadata: Metadata = { title: "Task · Todo" };

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export default async function TaskPage({ params }: PageProps<"/tasks/[id]">) {
  const { id } = await params;
  if (!UUID.test(id)) notFound();
  return (
    <main className="wide stack">
      <h1>Task</h1>
      <TaskDetail id={id} />
      <p>
        <Link href="/tasks" data-testid="to-tasks">
          All tasks
        </Link>
      </p>
    </main>
  );
}
