import { call } from "./api";

/** A task as the API gives it. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly completed: boolean;
  readonly due_date: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One page of tasks and how many there are in all. */
export interface TaskPage {
  readonly tasks: readonly Task[];
  readonly total: number;
}

/** Which tasks are shown, with the API's own word for them. */
export const FILTERS = { all: "all", active: "pending", completed: "completed" } as const;
export type Filter = keyof typeof FILTERS;

/** Most tasks the API gives at once. */
const PAGE_SIZE = 200;

/** Tasks of a filter, newest first, from the given place on. */
export async function listTasks(filter: Filter, offset: number): Promise<TaskPage> {
  const query = new URLSearchParams({ status: FILTERS[filter], limit: `${PAGE_SIZE}`, offset: `${offset}` });
  return (await call("GET", `/api/tasks?${query.toString()}`)) as TaskPage;
}

export async function createTask(title: string): Promise<void> {
  await call("POST", "/api/tasks", { title });
}

export async function renameTask(id: string, title: string): Promise<void> {
  await call("PATCH", `/api/tasks/${id}`, { title });
}

/** Set the state that the user saw asked for, so that a click is never applied twice. */
export async function completeTask(id: string, completed: boolean): Promise<void> {
  await call("PATCH", `/api/tasks/${id}/toggle`, { completed });
}

export async function deleteTask(id: string): Promise<void> {
  await call("DELETE", `/api/tasks/${id}`);
}
