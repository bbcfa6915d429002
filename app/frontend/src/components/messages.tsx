"use client";

import { useEffect, useRef } from "react";

import type { Message, ToolCall } from "@/browser/chat";
import { succeeded, toolCallText } from "@/browser/tool-call";

/** The messages of a conversation; a screen reader tells new ones. */
export function Messages({ messages }: { readonly messages: readonly Message[] | null }) {
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [messages]);

  // Reached by Tab, so that the keyboard can scroll it.
  return (
    <div ref={log} role="log" aria-label="Messages" tabIndex={0} className="log" data-testid="chat-log">
      {messages === null && <p className="quiet">Loading the messages…</p>}
      {messages?.length === 0 && (
        <p className="quiet" data-testid="chat-empty">
          Say what needs to be done, such as “Add a task to buy groceries” or “What’s pending?”
        </p>
      )}
      {messages?.map((message) => <MessageItem key={message.id} message={message} />)}
    </div>
  );
}

function MessageItem({ message }: { readonly message: Message }) {
  return (
    <article className={`message ${message.role}`} data-testid={`message-${message.role}`} data-status={message.status}>
      <p className="unseen">{message.role === "user" ? "You" : "Assistant"}</p>
      <p className="text">{message.content}</p>
      {message.tool_invocations !== null && <ToolChips calls={message.tool_invocations} />}
      {message.role === "user" && message.status === "pending" && <p className="quiet">Waiting for the answer…</p>}
      {message.role === "user" && message.status === "failed" && <p className="quiet">Not answered</p>}
    </article>
  );
}

function ToolChips({ calls }: { readonly calls: readonly ToolCall[] }) {
  return (
    <ul className="chips" aria-label="What the assistant did">
      {calls.map((call, place) => (
        <li key={place} data-testid="tool-chip" data-tool={call.tool_name} data-succeeded={succeeded(call)}>
          {toolCallText(call)}
        </li>
      ))}
    </ul>
  );
}
