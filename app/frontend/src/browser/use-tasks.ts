import { useRouter } from "next/navigation";
import { useCallback, useEffect, useState } from "react";

import { ApiError, failureMessage } from "./api";
import { type Filter, listTasks, type Task } from "./tasks";

/** The task list as a page sees it. */
export interface TaskList {
  /** Tasks of the filter; null until its first answer. */
  readonly tasks: readonly Task[] | null;
  /** How many tasks of the filter there are, also those not fetched. */
  readonly total: number;
  /** What went wrong last, null when nothing did. */
  readonly failure: string | null;
  reload(): Promise<void>;
  /** Fetch the next page and put it behind the others. */
  loadMore(): Promise<void>;
  /** Make a change and show its effect; true when it succeeded. */
  change(operation: () => Promise<void>): Promise<boolean>;
}

interface Shown {
  readonly filter: Filter;
  readonly tasks: readonly Task[];
  readonly total: number;
}

/** Fetch the tasks of a filter and keep them in step with the server. */
export function useTasks(filter: Filter): TaskList {
  const router = useRouter();
  const [shown, setShown] = useState<Shown | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  const attempt = useCallback(
    async (operation: () => Promise<void>): Promise<boolean> => {
      try {
        await operation();
        setFailure(null);
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) router.replace("/login?reason=expired");
        else setFailure(failureMessage(error));
        return false;
      }
    },
    [router],
  );

  const fetchFirst = useCallback(
    async (wanted: () => boolean = () => true) => {
      const page = await listTasks(filter, 0);
      if (wanted()) setShown({ filter, ...page });
    },
    [filter],
  );

  useEffect(() => {
    let wanted = true;
    void attempt(() => fetchFirst(() => wanted));
    return () => {
      wanted = false;
    };
  }, [attempt, fetchFirst]);

  const fetchMore = async (before: Shown) => {
    const page = await listTasks(filter, before.tasks.length);
    const known = new Set(before.tasks.map((task) => task.id));
    setShown({ filter, total: page.total, tasks: [...before.tasks, ...page.tasks.filter((task) => !known.has(task.id))] });
  };

  const current = shown?.filter === filter ? shown : null;
  return {
    tasks: current?.tasks ?? null,
    total: current?.total ?? 0,
    failure,
    reload: async () => {
      await attempt(fetchFirst);
    },
    loadMore: async () => {
      if (current) await attempt(() => fetchMore(current));
    },
    change: async (operation) => {
      const changed = await attempt(operation);
      if (changed) await attempt(fetchFirst);
      return changed;
    },
  };
}
