import { ApiError, call, failureMessage } from "./api";

/** One tool call of the assistant. */
export interface ToolCall {
  readonly tool_name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
}

/** One message of a conversation. */
export interface Message {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly content: string;
  /** A message is pending until it is answered, and failed when it never will be. */
  readonly status: "pending" | "ok" | "failed";
  readonly tool_invocations: readonly ToolCall[] | null;
}

/** A conversation in the history. */
export interface Conversation {
  readonly id: string;
  readonly title: string | null;
  readonly updated_at: string;
}

/** The newest conversations and how many there are in all. */
export interface ConversationPage {
  readonly conversations: readonly Conversation[];
  readonly total: number;
}

/** Answer of the assistant. */
export interface Answer {
  readonly conversation_id: string;
  readonly message_id: string;
  readonly content: string;
  readonly tool_invocations: readonly ToolCall[] | null;
}

/** Longest message, in characters. */
export const MESSAGE_LIMIT = 10_000;
/** Longest wait for an answer of the assistant, in milliseconds; longer than the server's own wait. */
const CHAT_TIMEOUT_MS = 40_000;
/** Most entries that the API gives at once. */
const PAGE_SIZE = 200;

/** Say something, in a new conversation when there is no id. */
export async function say(message: string, conversationId: string | null): Promise<Answer> {
  const body = { message, ...(conversationId !== null && { conversation_id: conversationId }) };
  return (await call("POST", "/api/chat", body, CHAT_TIMEOUT_MS)) as Answer;
}

/** Conversations, last used first. */
export async function listConversations(): Promise<ConversationPage> {
  return (await call("GET", `/api/conversations?limit=${PAGE_SIZE}`)) as ConversationPage;
}

/** All messages of a conversation, oldest first. */
export async function listMessages(conversationId: string): Promise<readonly Message[]> {
  const path = `/api/conversations/${encodeURIComponent(conversationId)}/messages`;
  const found: Message[] = [];
  for (;;) {
    const query = `limit=${PAGE_SIZE}&offset=${found.length}`;
    const page = (await call("GET", `${path}?${query}`)) as { messages: readonly Message[]; total: number };
    found.push(...page.messages);
    if (page.messages.length === 0 || found.length >= page.total) return found;
  }
}

export async function deleteConversation(id: string): Promise<void> {
  await call("DELETE", `/api/conversations/${id}`);
}

/** Conversation in which a failed turn was stored; null when it is not known to be stored. */
export function conversationOf(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null;
  return error.failure.details.find(({ field }) => field === "conversation_id")?.message ?? null;
}

const FAILURES: Readonly<Record<string, string>> = {
  AI_NOT_CONFIGURED: "The assistant is switched off here. You can still write and change your tasks yourself.",
  AI_QUOTA_EXCEEDED: "The assistant has answered all it may for now.",
  AI_AGENT_TIMEOUT: "The assistant took too long. Please try again.",
  AI_AGENT_ERROR: "The assistant could not answer. Please try again.",
  BACKEND_TIMEOUT: "The assistant took too long. Please try again.",
  CONFLICT: "The assistant is still busy with your last message. Please try again in a moment.",
  NOT_FOUND: "There is no such conversation. It may have been deleted.",
};

/** What to tell the user about a failed call of the chat. */
export function chatFailureMessage(error: unknown): string {
  if (!(error instanceof ApiError)) return failureMessage(error);
  const { code, retryAfterS } = error.failure;
  const sentence = FAILURES[code] ?? error.message;
  return retryAfterS === null ? sentence : `${sentence} Try again in ${waitText(retryAfterS)}.`;
}

function waitText(seconds: number): string {
  const [count, unit] = seconds < 120 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
