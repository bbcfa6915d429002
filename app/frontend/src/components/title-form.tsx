"use client";

import { type KeyboardEvent, type SubmitEvent, useState } from "react";

interface TitleFormProps {
  readonly title: string;
  readonly busy: boolean;
  readonly onSave: (title: string) => Promise<void>;
  readonly onCancel: () => void;
}

/** Title of a task while it is edited in its place; Escape gives the old one back. */
export function TitleForm({ title, busy, onSave, onCancel }: TitleFormProps) {
  const [draft, setDraft] = useState(title);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    void onSave(draft);
  }

  function cancelOnEscape(event: KeyboardEvent) {
    if (event.key === "Escape") onCancel();
  }

  return (
    <form onSubmit={submit} className="title row">
      <input
        autoFocus
        aria-label="Title"
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
        }}
        onKeyDown={cancelOnEscape}
        maxLength={200}
        data-testid="task-edit-title"
      />
      <button type="submit" className="primary" disabled={busy || draft.trim() === ""} data-testid="task-edit-save">
        Save
      </button>
      <button type="button" onClick={onCancel} data-testid="task-edit-cancel">
        Cancel
      </button>
    </form>
  );
}
