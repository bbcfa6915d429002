"use client";

import { useEffect, useId, useRef } from "react";

interface DeleteDialogProps {
  readonly title: string;
  readonly busy: boolean;
  readonly onConfirm: () => Promise<void>;
  readonly onCancel: () => void;
}

/** Question before a task is deleted; the browser's own dialog keeps the focus inside and closes on Escape. */
export function DeleteDialog({ title, busy, onConfirm, onCancel }: DeleteDialogProps) {
  const heading = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={onCancel} data-testid="delete-dialog">
      <h2 id={heading}>Delete this task?</h2>
      <p className="title">{title}</p>
      <div className="row end">
        <button type="button" onClick={onCancel} data-testid="delete-cancel">
          Keep it
        </button>
        <button type="button" className="danger" disabled={busy} onClick={() => void onConfirm()} data-testid="delete-confirm">
          Delete
        </button>
      </div>
    </dialog>
  );
}
