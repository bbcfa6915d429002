"use client";

import { type SubmitEvent, useState } from "react";

import { useHydrated } from "@/browser/use-hydrated";

interface NewTaskFormProps {
  readonly onCreate: (title: string) => Promise<boolean>;
  /** Asks for a form with all parts of a task. */
  readonly onDetails: () => void;
}

/** One line in which a new task is written. */
export function NewTaskForm({ onCreate, onDetails }: NewTaskFormProps) {
  const hydrated = useHydrated();
  const [title, setTitle] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    if (await onCreate(title)) setTitle("");
    setBusy(false);
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="row new-task">
      <label htmlFor="new-task" className="unseen">
        New task
      </label>
      <input
        id="new-task"
        value={title}
        onChange={(event) => {
          setTitle(event.target.value);
        }}
        placeholder="What needs to be done?"
        autoComplete="off"
        maxLength={200}
        data-testid="task-new-title"
      />
      <button type="submit" className="primary" disabled={!hydrated || busy || title.trim() === ""} data-testid="task-new-submit">
        Add
      </button>
      <button type="button" disabled={!hydrated} onClick={onDetails} data-testid="task-new-details">
        Add with details…
      </button>
    </form>
  );
}
