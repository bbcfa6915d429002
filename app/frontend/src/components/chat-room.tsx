"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useEffect } from "react";

import { deleteConversation, listConversations } from "@/browser/chat";
import { type TurnEnd, useConversation } from "@/browser/use-conversation";
import { useLoaded } from "@/browser/use-loaded";

import { ConversationList } from "./conversation-list";
import { ConversationView } from "./conversation-view";

/** The chat page: one conversation, named in the address so that it survives a reload, and the others beside it. */
export function ChatRoom() {
  const router = useRouter();
  const wanted = useSearchParams().get("conversation");
  const history = useLoaded(listConversations);
  const conversation = useConversation(turnEnded);
  const { open } = conversation;
  useEffect(() => {
    open(wanted);
  }, [open, wanted]);

  function turnEnded({ conversationId }: TurnEnd) {
    if (conversationId !== null && conversationId !== wanted) {
      window.history.replaceState(null, "", `/chat?conversation=${conversationId}`);
    }
    void history.reload();
  }

  async function remove(id: string) {
    try {
      await deleteConversation(id);
    } catch (error) {
      history.fail(error);
      return;
    }
    if (id === conversation.id) router.replace("/chat");
    await history.reload();
  }

  // Until the one in the address is open, nothing is on the screen that could be taken for it.
  const opening = wanted !== null && conversation.id === null;
  return (
    <div className="chat">
      <ConversationList history={history} current={conversation.id} onDelete={remove} />
      <section className="conversation stack" aria-label="Conversation">
        <ConversationView conversation={opening ? { ...conversation, messages: null } : conversation} />
      </section>
    </div>
  );
}
