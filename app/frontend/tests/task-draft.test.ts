import { describe, expect, it } from "vitest";

import { changesOf, draftOf, dueText } from "@/browser/task-draft";
import type { Task } from "@/browser/tasks";

const TASK: Task = {
  id: "1",
  title: "buy milk",
  description: "two\nlitres",
  completed: false,
  due_date: "2026-12-31T09:30:00Z",
  created_at: "2026-11-01T00:00:00Z",
  updated_at: "2026-11-01T00:00:00Z",
};
const SAME = { title: "buy milk", description: "two\r\nlitres", due_date: "2026-12-31" };

function form(values: Record<string, string>): FormData {
  const filled = new FormData();
  for (const [name, value] of Object.entries(values)) filled.set(name, value);
  return filled;
}

describe("draftOf", () => {
  it("takes empty fields as nothing", () => {
    expect(draftOf(form({ title: "x", description: "", due_date: "" }))).toEqual({
      title: "x",
      description: null,
      due_date: null,
      completed: false,
    });
  });
});

describe("changesOf", () => {
  it.each([
    ["nothing", {}, {}],
    ["the title", { title: "buy oat milk" }, { title: "buy oat milk" }],
    ["a description taken away", { description: "" }, { description: null }],
    ["another day", { due_date: "2027-01-01" }, { due_date: "2027-01-01" }],
    ["no day", { due_date: "" }, { due_date: null }],
    ["the state", { completed: "on" }, { completed: true }],
  ])("finds %s", (_, values, changes) => {
    expect(changesOf(TASK, draftOf(form({ ...SAME, ...values })))).toEqual(changes);
  });

  it("finds nothing in an empty form for a bare task", () => {
    const bare = { ...TASK, description: null, due_date: null };
    expect(changesOf(bare, draftOf(form({ title: "buy milk", description: "", due_date: "" })))).toEqual({});
  });
});

describe("dueText", () => {
  it("is a day when it is the beginning of one in UTC", () => {
    expect(dueText("2026-12-31T00:00:00Z")).toBe("Dec 31, 2026");
  });

  it("has the time otherwise", () => {
    expect(dueText("2026-12-15T09:30:00Z")).toMatch(/^Dec 1[456], 2026, \d/);
  });
});
