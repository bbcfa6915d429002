"use client";

import { type KeyboardEvent, type SubmitEvent, useId, useState } from "react";

import { MESSAGE_LIMIT } from "@/browser/chat";
import { useHydrated } from "@/browser/use-hydrated";

interface MessageFormProps {
  readonly busy: boolean;
  /** Says something; true when it was answered. */
  readonly onSend: (text: string) => Promise<boolean>;
  readonly autoFocus?: boolean;
}

/** Form in which a message is written; Enter sends it, Shift and Enter begin a new line. */
export function MessageForm({ busy, onSend, autoFocus = false }: MessageFormProps) {
  const id = useId();
  const hydrated = useHydrated();
  const [text, setText] = useState("");
  const ready = hydrated && !busy && text.trim() !== "";

  async function send() {
    setText("");
    // What was not answered can be sent again, unless something else is being written by now.
    if (!(await onSend(text.trim()))) setText((newer) => newer || text);
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (ready) void send();
  }

  function sendOnEnter(event: KeyboardEvent<HTMLTextAreaElement>) {
    // While an input method composes a character, Enter takes the character.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (ready) void send();
  }

  return (
    <form onSubmit={submit} className="row">
      <label htmlFor={id} className="unseen">
        Message
      </label>
      <textarea
        id={id}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
        onKeyDown={sendOnEnter}
        autoFocus={autoFocus}
        placeholder="Message"
        maxLength={MESSAGE_LIMIT}
        rows={2}
        data-testid="chat-message"
      />
      <button type="submit" className="primary" disabled={!ready} data-testid="chat-send">
        Send
      </button>
    </form>
  );
}
