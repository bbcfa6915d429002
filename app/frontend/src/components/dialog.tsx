"use client";

import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

interface DialogProps {
  readonly heading: string;
  readonly onClose: () => void;
  readonly testId: string;
  readonly children: ReactNode;
}

/** Modal dialog that is open as long as it is rendered; the browser's own keeps the focus inside and closes on Escape. */
export function Dialog({ heading, onClose, testId, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      // Closed before it is taken away, it gives the focus back to where it came from.
      shown?.close();
    };
  }, []);

  function closed() {
    if (!dialog.current?.open) onClose();
  }

  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={closed} data-testid={testId}>
      <h2 id={id}>{heading}</h2>
      {children}
    </dialog>
  );
}
