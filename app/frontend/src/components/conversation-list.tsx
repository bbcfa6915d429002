"use client";

import Link from "next/link";
import { useState } from "react";

import type { Conversation, ConversationPage } from "@/browser/chat";
import type { Loaded } from "@/browser/use-loaded";

import { DeleteDialog } from "./delete-dialog";
import { FailureBanner } from "./failure-banner";

interface ConversationListProps {
  readonly history: Loaded<ConversationPage>;
  /** Id of the open conversation. */
  readonly current: string | null;
  readonly onDelete: (id: string) => Promise<void>;
}

/** Earlier conversations, last used first, and the way to a new one. */
export function ConversationList({ history, current, onDelete }: ConversationListProps) {
  const { value, failure, reload } = history;
  return (
    <nav aria-label="Conversations" className="history stack">
      <Link href="/chat" className="button" data-testid="chat-new">
        New conversation
      </Link>
      {failure !== null && <FailureBanner message={failure} onRetry={reload} />}
      {value?.conversations.length === 0 && <p className="quiet">No conversations yet.</p>}
      {value !== null && value.conversations.length > 0 && (
        <ul data-testid="chat-history">
          {value.conversations.map((conversation) => (
            <ConversationItem
              key={conversation.id}
              conversation={conversation}
              current={conversation.id === current}
              onDelete={onDelete}
            />
          ))}
        </ul>
      )}
    </nav>
  );
}

interface ConversationItemProps {
  readonly conversation: Conversation;
  readonly current: boolean;
  readonly onDelete: (id: string) => Promise<void>;
}

function ConversationItem({ conversation, current, onDelete }: ConversationItemProps) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const title = conversation.title ?? "Untitled";

  async function remove() {
    setBusy(true);
    await onDelete(conversation.id);
    setBusy(false);
    setAsking(false);
  }

  return (
    <li className="row">
      <Link
        href={`/chat?conversation=${conversation.id}`}
        prefetch={false}
        aria-current={current ? "page" : undefined}
        data-testid="conversation-link"
      >
        {title}
      </Link>
      <button
        type="button"
        aria-label={`Delete: ${title}`}
        onClick={() => {
          setAsking(true);
        }}
        data-testid="conversation-delete"
      >
        ×
      </button>
      {asking && (
        <DeleteDialog
          heading="Delete this conversation?"
          title={title}
          busy={busy}
          onConfirm={remove}
          onCancel={() => {
            setAsking(false);
          }}
        />
      )}
    </li>
  );
}
