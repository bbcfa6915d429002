"use client";

import Link from "next/link";

import { countPending, newestTasks, type Task } from "@/browser/tasks";
import { useLoaded } from "@/browser/use-loaded";

import { FailureBanner } from "./failure-banner";

const RECENT = 5;

interface Overview {
  readonly recent: readonly Task[];
  readonly counts: Readonly<Record<"total" | "pending" | "completed", number>>;
}

async function loadOverview(): Promise<Overview> {
  const [{ tasks: recent, total }, pending] = await Promise.all([newestTasks(RECENT), countPending()]);
  return { recent, counts: { total, pending, completed: Math.max(0, total - pending) } };
}

/** How many tasks there are, and the newest of them. */
export function Dashboard() {
  const { value, failure, reload } = useLoaded(loadOverview);
  return (
    <>
      {failure !== null && <FailureBanner message={failure} onRetry={reload} />}
      {value === null && failure === null && (
        <p role="status" className="quiet" data-testid="dashboard-loading">
          Loading your tasks…
        </p>
      )}
      {value !== null && (
        <>
          <Counts counts={value.counts} />
          <section className="stack" aria-labelledby="recent">
            <h2 id="recent">Recent</h2>
            <Recent tasks={value.recent} />
          </section>
        </>
      )}
    </>
  );
}

function Counts({ counts }: { readonly counts: Overview["counts"] }) {
  return (
    <dl className="counts">
      {Object.entries(counts).map(([name, count]) => (
        <div key={name} className="card">
          <dt>{name}</dt>
          <dd data-testid={`count-${name}`}>{count}</dd>
        </div>
      ))}
    </dl>
  );
}

function Recent({ tasks }: { readonly tasks: readonly Task[] }) {
  if (tasks.length === 0) {
    return (
      <p className="empty quiet" data-testid="recent-empty">
        No tasks yet.{" "}
        <Link href="/tasks" data-testid="to-tasks">
          Write down the first one
        </Link>
      </p>
    );
  }
  return (
    <ul className="tasks" data-testid="recent-tasks">
      {tasks.map((task) => (
        <li key={task.id} className="task" data-completed={task.completed}>
          <span className="title">
            <Link href={`/tasks/${task.id}`} prefetch={false} data-testid="recent-task">
              {task.title}
            </Link>
          </span>
          <span className="quiet">{task.completed ? "Completed" : "Pending"}</span>
        </li>
      ))}
    </ul>
  );
}
