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

/** The given number of tasks that were created last. */
export async function newestTasks(limit: number): Promise<TaskPage> {
  return (await call("GET", `/api/tasks?sort=created_at&order=desc&limit=${limit}`)) as TaskPage;
}

/** How many tasks are not completed. */
export async function countPending(): Promise<number> {
  return ((await call("GET", "/api/tasks?status=pending&limit=1")) as TaskPage).total;
}

export async function getTask(id: string): Promise<Task> {
  return (await call("GET", `/api/tasks/${encodeURIComponent(id)}`)) as Task;
}

/** The parts of a task that its user writes; null is nothing, an absent part keeps what there is. */
export interface TaskDraft {
  readonly title?: string;
  readonly description?: string | null;
  /** Day as `YYYY-MM-DD`. */
  readonly due_date?: string | null;
  readonly completed?: boolean;
}

export async function createTask(draft: TaskDraft): Promise<void> {
  await call("POST", "/api/tasks", draft);
}

export async function updateTask(id: string, draft: TaskDraft): Promise<void> {
  await call("PATCH", `/api/tasks/${id}`, draft);
}

/** Set the state that the user saw asked for, so that a click is never applied twice. */
export async function completeTask(id: string, completed: boolean): Promise<void> {
  await call("PATCH", `/api/tasks/${id}/toggle`, { completed });
}

export async function deleteTask(id: string): Promise<void> {
  await call("DELETE", `/api/tasks/${id}`);
}
