import type { Metadata } from "next";

import { ChatRoom } from "@/components/chat-room";

export const metadata: Metadata = { title: "Chat · Todo" };

export default function ChatPage() {
  return (
    <main className="wide stack">
      <h1>Chat</h1>
      <ChatRoom />
    </main>
  );
}
