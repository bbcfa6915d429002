import type { ToolCall } from "./chat";

const DONE: Readonly<Record<string, string>> = {
  add_task: "Added",
  complete_task: "Completed",
  delete_task: "Deleted",
  update_task: "Changed",
};
const NOT_DONE: Readonly<Record<string, string>> = {
  AMBIGUOUS: "Several tasks fit",
  NOT_FOUND: "No task fits",
  NO_LIST: "Looked for the list first",
  TASK_LIMIT: "No room for more tasks",
};

/** Whether a call of a tool did what it was to do. */
export function succeeded(call: ToolCall): boolean {
  return !("error" in call.result);
}

/** What a call of a tool did, in a few words. */
export function toolCallText(call: ToolCall): string {
  if (!succeeded(call)) return NOT_DONE[codeOf(call.result.error)] ?? "Something did not work";
  if (call.tool_name === "list_tasks") return `Looked at ${countText(call.result.count)}`;
  const { title } = call.result;
  return `${DONE[call.tool_name] ?? "Did"} ${typeof title === "string" ? `“${title}”` : "a task"}`;
}

function countText(count: unknown): string {
  if (typeof count !== "number") return "the tasks";
  return `${count} task${count === 1 ? "" : "s"}`;
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
