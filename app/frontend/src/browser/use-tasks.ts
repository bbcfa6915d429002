import { useRouter } from "next/navigation";
import { useCallback, useEffect, useState } from "react";

import { ApiError, failureMessage } from "./api";
import { type Filter, listTasks, type Task, type TaskPage } from "./tasks";

/** The task list as a page sees it. */
export interface TaskList {
  /** Tasks of the filter; null until its first answer. */
  readonly tasks: readonly Task[] | null;
  /** How many tasks of the filter there are, also those not fetched. */
  readonly total: number;
  /** What went wrong last, null when nothing did. */
  readonly failure: string | null;
  readonly reload: () => Promise<void>;
  /** Fetch the next page and put it behind the others. */
  readonly loadMore: () => Promise<void>;
  /** Make a change and show its effect; true when it succeeded. */
  readonly change: (operation: () => Promise<void>) => Promise<boolean>;
}

/** Tasks on the screen with the filter they were fetched for. */
interface Shown extends TaskPage {
  readonly filter: Filter;
}

/** Fetch the tasks of a filter and keep them in step with the server. */
export function useTasks(filter: Filter): TaskList {
  const [shown, setShown] = useState<Shown | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const current = shown?.filter === filter ? shown : null;

  const show = useCallback((page: Shown) => {
    setShown(page);
    setFailure(null);
  }, []);
  const fail = useFailure(setFailure);

  useEffect(() => {
    // An answer that comes after the next choice of a filter is of no use any more.
    let wanted = true;
    listTasks(filter, 0).then(
      (page) => {
        if (wanted) show({ filter, ...page });
      },
      (error: unknown) => {
        if (wanted) fail(error);
      },
    );
    return () => {
      wanted = false;
    };
  }, [filter, show, fail]);

  const attempt = async (operation: () => Promise<void>): Promise<boolean> => {
    try {
      await operation();
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  };
  const reload = async () => {
    await attempt(async () => {
      show({ filter, ...(await listTasks(filter, 0)) });
    });
  };
  const loadMore = async () => {
    if (!current) return;
    await attempt(async () => {
      show({ filter, ...extended(current, await listTasks(filter, current.tasks.length)) });
    });
  };
  const change = async (operation: () => Promise<void>) => {
    const changed = await attempt(operation);
    if (changed) await reload();
    return changed;
  };
  return { tasks: current?.tasks ?? null, total: current?.total ?? 0, failure, reload, loadMore, change };
}

/** What to do with a failed call: an ended session leads to the log-in page, anything else is shown. */
function useFailure(setFailure: (message: string) => void): (error: unknown) => void {
  const router = useRouter();
  return useCallback(
    (error: unknown) => {
      if (error instanceof ApiError && error.status === 401) router.replace("/login?reason=expired");
      else setFailure(failureMessage(error));
    },
    [router, setFailure],
  );
}

/** Two pages as one; a task that moved to the second by a new one before it is kept once. */
function extended(first: TaskPage, second: TaskPage): TaskPage {
  const known = new Set(first.tasks.map((task) => task.id));
  return { total: second.total, tasks: [...first.tasks, ...second.tasks.filter((task) => !known.has(task.id))] };
}
