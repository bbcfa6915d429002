"use client";

import type { OpenConversation } from "@/browser/use-conversation";

import { FailureBanner } from "./failure-banner";
import { MessageForm } from "./message-form";
import { Messages } from "./messages";

interface ConversationViewProps {
  readonly conversation: OpenConversation;
  readonly autoFocus?: boolean;
}

/** A conversation with the assistant: its messages, what went wrong, and the form for the next one. */
export function ConversationView({ conversation, autoFocus = false }: ConversationViewProps) {
  const { messages, busy, failure, reload, send } = conversation;
  return (
    <>
      <Messages messages={messages} />
      {failure !== null && <FailureBanner message={failure} {...(messages === null && { onRetry: reload })} />}
      <MessageForm busy={busy || messages === null} onSend={send} autoFocus={autoFocus} />
    </>
  );
}
