"use client";

import { Dialog } from "./dialog";

interface DeleteDialogProps {
  readonly heading: string;
  readonly title: string;
  readonly busy: boolean;
  readonly onConfirm: () => Promise<void>;
  readonly onCancel: () => void;
}

/** Question before something is deleted. */
export function DeleteDialog({ heading, title, busy, onConfirm, onCancel }: DeleteDialogProps) {
  return (
    <Dialog heading={heading} onClose={onCancel} testId="delete-dialog">
      <p className="title">{title}</p>
      <div className="row end">
        <button type="button" onClick={onCancel} data-testid="delete-cancel">
          Keep it
        </button>
        <button type="button" className="danger" disabled={busy} onClick={() => void onConfirm()} data-testid="delete-confirm">
          Delete
        </button>
      </div>
    </Dialog>
  );
}
