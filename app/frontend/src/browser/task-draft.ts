/** What a form for a task says, against what the task is. */
import type { Task, TaskDraft } from "./tasks";

/** All parts of a filled-in form; empty parts are null. */
export function draftOf(form: FormData): Required<TaskDraft> {
  return {
    title: textOf(form, "title"),
    // Forms have line ends of their own (HTML, section 4.10.21.4).
    description: textOf(form, "description").replaceAll("\r\n", "\n") || null,
    due_date: textOf(form, "due_date") || null,
    completed: form.has("completed"),
  };
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

/** The parts of a draft that are not what the task has: the others may have been changed elsewhere meanwhile. */
export function changesOf(task: Task, draft: Required<TaskDraft>): TaskDraft {
  return {
    ...(draft.title !== task.title && { title: draft.title }),
    ...(draft.description !== (task.description ?? null) && { description: draft.description }),
    ...(draft.due_date !== dueDay(task) && { due_date: draft.due_date }),
    ...(draft.completed !== task.completed && { completed: draft.completed }),
  };
}

/** Day on which a task is due, as `YYYY-MM-DD` in UTC, for the API takes a plain day as its beginning in UTC. */
export function dueDay(task: Task): string | null {
  return task.due_date?.slice(0, 10) ?? null;
}

const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const DAY_MS = 86_400_000;

/** A due date in words: a day, or a moment in the reader's own time when it is not the beginning of a day in UTC. */
export function dueText(dueDate: string): string {
  const moment = new Date(dueDate);
  return (moment.getTime() % DAY_MS === 0 ? DAY : MOMENT).format(moment);
}
