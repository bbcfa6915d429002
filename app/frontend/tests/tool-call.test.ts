import { describe, expect, it } from "vitest";

import { succeeded, toolCallText } from "@/browser/tool-call";

function call(tool_name: string, result: Record<string, unknown>) {
  return { tool_name, parameters: {}, result };
}

describe("toolCallText", () => {
  it.each([
    ["add_task", { title: "buy milk" }, "Added “buy milk”"],
    ["complete_task", { title: "buy milk" }, "Completed “buy milk”"],
    ["delete_task", { title: "buy milk" }, "Deleted “buy milk”"],
    ["update_task", { title: "buy milk" }, "Changed “buy milk”"],
    ["list_tasks", { count: 1 }, "Looked at 1 task"],
    ["list_tasks", { count: 0 }, "Looked at 0 tasks"],
    ["list_tasks", {}, "Looked at the tasks"],
    ["new_tool", {}, "Did a task"],
  ])("says what %s did: %j", (name, result, text) => {
    expect(toolCallText(call(name, result))).toBe(text);
    expect(succeeded(call(name, result))).toBe(true);
  });

  it.each([
    ["AMBIGUOUS", "Several tasks fit"],
    ["NOT_FOUND", "No task fits"],
    ["NO_LIST", "Looked for the list first"],
    ["TASK_LIMIT", "No room for more tasks"],
    ["SOMETHING_NEW", "Something did not work"],
  ])("says what did not work: %s", (code, text) => {
    const failed = call("delete_task", { error: { code } });
    expect(toolCallText(failed)).toBe(text);
    expect(succeeded(failed)).toBe(false);
  });

  it("knows no form of errors but the contract's", () => {
    expect(toolCallText(call("add_task", { error: "?" }))).toBe("Something did not work");
  });
});
