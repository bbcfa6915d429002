"use client";

import { useRouter } from "next/navigation";
import { type SubmitEvent, useCallback, useState } from "react";

import { ApiError, failureMessage } from "@/browser/api";
import { changesOf, draftOf } from "@/browser/task-draft";
import { deleteTask, getTask, type Task, updateTask } from "@/browser/tasks";
import { useLoaded } from "@/browser/use-loaded";

import { DeleteDialog } from "./delete-dialog";
import { FailureBanner } from "./failure-banner";
import { TaskFields } from "./task-fields";

/** One task with all its parts, to be read and changed. */
export function TaskDetail({ id }: { readonly id: string }) {
  const load = useCallback(() => getTask(id), [id]);
  const { value: task, failure, fail, clear, reload } = useLoaded(load, taskFailureMessage);
  const [saved, setSaved] = useState(false);

  async function change(operation: () => Promise<void>): Promise<boolean> {
    setSaved(false);
    try {
      await operation();
    } catch (error) {
      fail(error);
      return false;
    }
    clear();
    return true;
  }

  async function save(operation: () => Promise<void>) {
    if (!(await change(operation))) return;
    await reload();
    setSaved(true);
  }

  return (
    <>
      {failure !== null && <FailureBanner message={failure} onRetry={reload} />}
      {task === null && failure === null && (
        <p role="status" className="quiet" data-testid="task-loading">
          Loading the task…
        </p>
      )}
      {task !== null && (
        <>
          {/* A new form for a new state, so that its fields show it. */}
          <TaskForm key={task.updated_at} task={task} save={save} />
          <p role="status" className="quiet" data-testid="task-saved">
            {saved ? "Saved." : ""}
          </p>
          <DeleteTask task={task} change={change} />
        </>
      )}
    </>
  );
}

function taskFailureMessage(error: unknown): string {
  const unknown = error instanceof ApiError && error.status === 404;
  return unknown ? "There is no such task. It may have been deleted." : failureMessage(error);
}

interface TaskFormProps {
  readonly task: Task;
  readonly save: (operation: () => Promise<void>) => Promise<void>;
}

function TaskForm({ task, save }: TaskFormProps) {
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const changes = changesOf(task, draftOf(new FormData(event.currentTarget)));
    setBusy(true);
    await save(() => updateTask(task.id, changes));
    setBusy(false);
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="stack" data-testid="task-form">
      <TaskFields task={task} />
      <label className="row check">
        <input type="checkbox" name="completed" defaultChecked={task.completed} data-testid="task-completed-field" />
        Completed
      </label>
      <div className="row">
        <button type="submit" className="primary" disabled={busy} data-testid="task-save">
          Save
        </button>
      </div>
    </form>
  );
}

interface DeleteTaskProps {
  readonly task: Task;
  readonly change: (operation: () => Promise<void>) => Promise<boolean>;
}

function DeleteTask({ task, change }: DeleteTaskProps) {
  const router = useRouter();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);

  async function remove() {
    setBusy(true);
    const deleted = await change(() => deleteTask(task.id));
    setBusy(false);
    setAsking(false);
    if (deleted) router.push("/tasks");
  }

  return (
    <div>
      <button
        type="button"
        className="danger"
        onClick={() => {
          setAsking(true);
        }}
        data-testid="task-delete"
      >
        Delete…
      </button>
      {asking && (
        <DeleteDialog
          heading="Delete this task?"
          title={task.title}
          busy={busy}
          onConfirm={remove}
          onCancel={() => {
            setAsking(false);
          }}
        />
      )}
    </div>
  );
}
