"use client";

import { type SubmitEvent, useState } from "react";

import { draftOf } from "@/browser/task-draft";
import { createTask } from "@/browser/tasks";
import { useFailure } from "@/browser/use-failure";

import { Dialog } from "./dialog";
import { FailureBanner } from "./failure-banner";
import { TaskFields } from "./task-fields";

interface CreateDialogProps {
  readonly onCreated: () => Promise<void>;
  readonly onClose: () => void;
}

/** Dialog in which a new task is written with all its parts. */
export function CreateDialog({ onCreated, onClose }: CreateDialogProps) {
  const [busy, setBusy] = useState(false);
  const { failure, fail } = useFailure();

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setBusy(true);
    try {
      await createTask(draftOf(new FormData(event.currentTarget)));
    } catch (error) {
      fail(error);
      setBusy(false);
      return;
    }
    onClose();
    await onCreated();
  }

  return (
    <Dialog heading="New task" onClose={onClose} testId="create-dialog">
      <form onSubmit={(event) => void submit(event)} className="stack">
        {failure !== null && <FailureBanner message={failure} />}
        <TaskFields />
        <div className="row end">
          <button type="button" onClick={onClose} data-testid="create-cancel">
            Cancel
          </button>
          <button type="submit" className="primary" disabled={busy} data-testid="create-submit">
            Create
          </button>
        </div>
      </form>
    </Dialog>
  );
}
