import { useCallback, useEffect, useRef, useState } from "react";

import { type Answer, chatFailureMessage, conversationOf, listMessages, type Message, say } from "./chat";
import { useFailure } from "./use-failure";

/** A conversation as a page sees it. */
export interface OpenConversation {
  /** Id, null as long as nothing was said. */
  readonly id: string | null;
  /** Messages, oldest first; null until they are fetched. */
  readonly messages: readonly Message[] | null;
  /** Whether an answer is on its way. */
  readonly busy: boolean;
  /** What went wrong last, null when nothing did. */
  readonly failure: string | null;
  /** Show another conversation, if it is another; null begins a new one. */
  readonly open: (id: string | null) => void;
  /** Fetch the messages again. */
  readonly reload: () => Promise<void>;
  /** Say something; true when it was answered. */
  readonly send: (text: string) => Promise<boolean>;
}

/** The end of a turn. */
export interface TurnEnd {
  /** Conversation in which it was stored, null when that is not known. */
  readonly conversationId: string | null;
  /** Whether tasks may have changed. */
  readonly toolsUsed: boolean;
}

/** Wait before an answer that another page asked for is looked for again, in milliseconds. */
const POLL_MS = 2_000;

/** Take part in a conversation, first in a new one; `onTurn` is told about each turn of this page. */
export function useConversation(onTurn: (end: TurnEnd) => void): OpenConversation {
  const [id, setId] = useState<string | null>(null);
  const [messages, setMessages] = useState<readonly Message[] | null>([]);
  const [busy, setBusy] = useState(false);
  const { failure, fail, clear } = useFailure(chatFailureMessage);
  // What is on the screen now; an answer to anything older is of no use any more.
  const now = useRef<{ id: string | null; number: number }>({ id: null, number: 0 });

  const become = useCallback((next: string | null) => {
    now.current.id = next;
    setId(next);
  }, []);

  const reload = useCallback((): Promise<void> => {
    now.current.number += 1;
    const { id: conversationId, number } = now.current;
    if (conversationId === null) return Promise.resolve();
    return listMessages(conversationId).then(
      (found) => {
        if (number === now.current.number) setMessages(found);
      },
      (error: unknown) => {
        if (number === now.current.number) fail(error);
      },
    );
  }, [fail]);

  const open = useCallback(
    (next: string | null) => {
      if (next === now.current.id) return;
      become(next);
      setMessages(next === null ? [] : null);
      setBusy(false);
      clear();
      void reload();
    },
    [become, reload, clear],
  );

  const waiting = !busy && (messages?.some(({ status }) => status === "pending") ?? false);
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => void reload(), POLL_MS);
    return () => {
      clearInterval(timer);
    };
  }, [waiting, reload]);

  const send = async (text: string) => {
    now.current.number += 1;
    const number = now.current.number;
    const before = messages ?? [];
    const spoken: Message = { id: `${number}`, role: "user", content: text, status: "pending", tool_invocations: null };
    setMessages([...before, spoken]);
    setBusy(true);
    clear();
    const [answer, error] = await say(text, id).then(
      (given) => [given, null] as const,
      (thrown: unknown) => [null, thrown] as const,
    );
    if (number !== now.current.number) return answer !== null;
    setBusy(false);
    become(answer?.conversation_id ?? id ?? conversationOf(error));
    if (answer) {
      setMessages([...before, { ...spoken, status: "ok" }, messageOf(answer)]);
    } else {
      setMessages(before);
      fail(error);
      // What was stored of the turn, with what the tools did, is told by the server.
      void reload();
    }
    onTurn({ conversationId: now.current.id, toolsUsed: answer?.tool_invocations !== null });
    return answer !== null;
  };
  return { id, messages, busy, failure, open, reload, send };
}

function messageOf({ message_id: id, content, tool_invocations }: Answer): Message {
  return { id, role: "assistant", content, status: "ok", tool_invocations };
}
