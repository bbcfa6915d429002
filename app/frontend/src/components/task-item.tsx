"use client";

import Link from "next/link";
import { useState } from "react";

import { dueText } from "@/browser/task-draft";
import { completeTask, deleteTask, type Task, updateTask } from "@/browser/tasks";
import type { TaskList } from "@/browser/use-tasks";

import { DeleteDialog } from "./delete-dialog";
import { TitleForm } from "./title-form";

interface TaskItemProps {
  readonly task: Task;
  readonly change: TaskList["change"];
}

/** One task of the list with everything that can be done to it. */
export function TaskItem({ task, change }: TaskItemProps) {
  const [mode, setMode] = useState<"shown" | "edited" | "deleted">("shown");
  const [busy, setBusy] = useState(false);
  /** State that was asked for and is on its way. */
  const [wanted, setWanted] = useState<boolean | null>(null);

  async function apply(operation: () => Promise<void>): Promise<boolean> {
    setBusy(true);
    const changed = await change(operation);
    setBusy(false);
    return changed;
  }

  async function toggle() {
    const completed = !task.completed;
    setWanted(completed);
    await apply(() => completeTask(task.id, completed));
    setWanted(null);
  }

  async function rename(title: string) {
    if (await apply(() => updateTask(task.id, { title }))) setMode("shown");
  }

  async function remove() {
    await apply(() => deleteTask(task.id));
    // Whatever came of it: a failure is told on the page, not behind the question.
    setMode("shown");
  }

  const show = () => {
    setMode("shown");
  };
  return (
    <li className="task" data-testid="task-item" data-task-id={task.id} data-completed={task.completed}>
      <input
        type="checkbox"
        checked={wanted ?? task.completed}
        aria-label={`Completed: ${task.title}`}
        onChange={() => {
          // Not disabled meanwhile: it would lose the focus.
          if (!busy) void toggle();
        }}
        data-testid="task-toggle"
      />
      {mode === "edited" ? (
        <TitleForm title={task.title} busy={busy} onSave={rename} onCancel={show} />
      ) : (
        <TitleLine task={task} onMode={setMode} />
      )}
      {mode === "deleted" && (
        <DeleteDialog heading="Delete this task?" title={task.title} busy={busy} onConfirm={remove} onCancel={show} />
      )}
    </li>
  );
}

function DueDate({ dueDate }: { readonly dueDate: string }) {
  return (
    <time dateTime={dueDate} className="due quiet" data-testid="task-due">
      Due {dueText(dueDate)}
    </time>
  );
}

function TitleLine({ task, onMode }: { readonly task: Task; readonly onMode: (mode: "edited" | "deleted") => void }) {
  return (
    <>
      <span className="title">
        <Link href={`/tasks/${task.id}`} prefetch={false} data-testid="task-title">
          {task.title}
        </Link>
        {task.due_date !== null && <DueDate dueDate={task.due_date} />}
      </span>
      <button
        type="button"
        aria-label={`Edit: ${task.title}`}
        onClick={() => {
          onMode("edited");
        }}
        data-testid="task-edit"
      >
        Edit
      </button>
      <button
        type="button"
        aria-label={`Delete: ${task.title}`}
        onClick={() => {
          onMode("deleted");
        }}
        data-testid="task-delete"
      >
        Delete
      </button>
    </>
  );
}
