import { dueDay } from "@/browser/task-draft";
import type { Task } from "@/browser/tasks";

import { Field, TextField } from "./field";

/** Fields of a form for a task, filled in with what there is. */
export function TaskFields({ task }: { readonly task?: Task }) {
  return (
    <>
      <Field label="Title" name="title" testId="task-title-field" defaultValue={task?.title} maxLength={200} required />
      <TextField
        label="Description (optional)"
        name="description"
        testId="task-description-field"
        defaultValue={task?.description ?? ""}
        maxLength={1000}
        rows={4}
      />
      <Field
        label="Due date (optional)"
        name="due_date"
        testId="task-due-field"
        type="date"
        defaultValue={(task && dueDay(task)) ?? ""}
        min="0001-01-01"
        max="9998-12-31"
      />
    </>
  );
}
