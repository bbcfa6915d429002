"use client";

import Link from "next/link";
import { type KeyboardEvent, useId, useRef, useState } from "react";

import { useConversation } from "@/browser/use-conversation";
import { useHydrated } from "@/browser/use-hydrated";

import { ConversationView } from "./conversation-view";

/** Chat over the corner of a page; `onToolsUsed` is called when tasks may have changed. It keeps its conversation while closed. */
export function FloatingChat({ onToolsUsed }: { readonly onToolsUsed: () => void }) {
  const id = useId();
  const hydrated = useHydrated();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const conversation = useConversation(({ toolsUsed }) => {
    if (toolsUsed) onToolsUsed();
  });

  function closeOnEscape(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    setOpen(false);
    opener.current?.focus();
  }

  return (
    <div className="floating" onKeyDown={closeOnEscape}>
      {open && (
        <section id={id} className="panel stack" aria-label="Assistant" data-testid="floating-chat">
          <div className="row">
            <h2>Assistant</h2>
            {conversation.id !== null && (
              <Link href={`/chat?conversation=${conversation.id}`} data-testid="floating-to-chat">
                Open in chat
              </Link>
            )}
          </div>
          <ConversationView conversation={conversation} autoFocus />
        </section>
      )}
      <button
        ref={opener}
        type="button"
        className="primary"
        disabled={!hydrated}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => {
          setOpen(!open);
        }}
        data-testid="floating-toggle"
      >
        {open ? "Close assistant" : "Assistant"}
      </button>
    </div>
  );
}
