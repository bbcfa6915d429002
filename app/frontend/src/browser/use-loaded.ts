import { useCallback, useEffect, useRef, useState } from "react";

import { type FailureState, useFailure } from "./use-failure";

/** Something that a page fetches and shows. */
export interface Loaded<T> extends FailureState {
  /** The newest answer; null until the first. */
  readonly value: T | null;
  readonly reload: () => Promise<void>;
}

/** Fetch something when a page appears; `load` must stay the same function as long as the same thing is meant. */
export function useLoaded<T>(load: () => Promise<T>, describe?: (error: unknown) => string): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const { failure, fail, clear } = useFailure(describe);
  const asked = useRef(0);

  const reload = useCallback((): Promise<void> => {
    asked.current += 1;
    const number = asked.current;
    return load().then(
      (answer) => {
        if (number !== asked.current) return;
        setValue(answer);
        clear();
      },
      (error: unknown) => {
        if (number === asked.current) fail(error);
      },
    );
  }, [load, fail, clear]);

  useEffect(() => {
    void reload();
  }, [reload]);

  return { value, failure, fail, clear, reload };
}
