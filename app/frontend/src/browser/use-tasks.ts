import { useCallback, useEffect, useRef, useState } from "react";

import { type Filter, listTasks, type Task, type TaskPage } from "./tasks";
import { useFailure } from "./use-failure";

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
  const { failure, fail, clear } = useFailure();
  const current = shown?.filter === filter ? shown : null;
  // What is asked for now; an answer to an older question is of no use any more.
  const asked = useRef({ filter, number: 0 });

  const load = useCallback(
    (before?: TaskPage): Promise<void> => {
      asked.current.number += 1;
      const question = { ...asked.current };
      const newest = () => question.number === asked.current.number;
      return listTasks(question.filter, before?.tasks.length ?? 0).then(
        (page) => {
          if (!newest()) return;
          setShown({ filter: question.filter, ...(before ? extended(before, page) : page) });
          clear();
        },
        (error: unknown) => {
          if (newest()) fail(error);
        },
      );
    },
    [fail, clear],
  );

  useEffect(() => {
    asked.current.filter = filter;
    void load();
  }, [filter, load]);

  const change = async (operation: () => Promise<void>) => {
    try {
      await operation();
    } catch (error) {
      fail(error);
      return false;
    }
    await load();
    return true;
  };
  const loadMore = () => load(current ?? undefined);
  return { tasks: current?.tasks ?? null, total: current?.total ?? 0, failure, reload: load, loadMore, change };
}

/** Two pages as one; a task that moved to the second by a new one before it is kept once. */
function extended(first: TaskPage, second: TaskPage): TaskPage {
  const known = new Set(first.tasks.map((task) => task.id));
  return { total: second.total, tasks: [...first.tasks, ...second.tasks.filter((task) => !known.has(task.id))] };
}
