"use client";

import { useState } from "react";

import { completeTask, deleteTask, renameTask, type Task } from "@/browser/tasks";
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

  async function apply(operation: () => Promise<void>) {
    setBusy(true);
    if (await change(operation)) setMode("shown");
    setBusy(false);
  }

  const show = () => {
    setMode("shown");
  };
  return (
    <li className="task" data-testid="task-item" data-task-id={task.id} data-completed={task.completed}>
      <input
        type="checkbox"
        checked={task.completed}
        disabled={busy}
        aria-label={`Completed: ${task.title}`}
        onChange={() => void apply(() => completeTask(task.id, !task.completed))}
        data-testid="task-toggle"
      />
      {mode === "edited" ? (
        <TitleForm
          title={task.title}
          busy={busy}
          onSave={(title) => apply(() => renameTask(task.id, title))}
          onCancel={show}
        />
      ) : (
        <TitleLine task={task} onMode={setMode} />
      )}
      {mode === "deleted" && (
        <DeleteDialog title={task.title} busy={busy} onConfirm={() => apply(() => deleteTask(task.id))} onCancel={show} />
      )}
    </li>
  );
}

function TitleLine({ task, onMode }: { readonly task: Task; readonly onMode: (mode: "edited" | "deleted") => void }) {
  return (
    <>
      <span className="title" data-testid="task-title">
        {task.title}
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
