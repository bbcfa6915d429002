import { useRouter } from "next/navigation";
import { useCallback, useState } from "react";

import { ApiError, failureMessage } from "./api";

/** What went wrong last on a part of a page. */
export interface FailureState {
  /** Sentence for the user, null when nothing went wrong. */
  readonly failure: string | null;
  /** Take in what a call has thrown: an ended session leads to the log-in page, anything else is shown. */
  readonly fail: (error: unknown) => void;
  readonly clear: () => void;
}

/** Keep the last failure of a part of a page, told in the words of `describe`, which must stay the same function. */
export function useFailure(describe: (error: unknown) => string = failureMessage): FailureState {
  const router = useRouter();
  const [failure, setFailure] = useState<string | null>(null);
  const fail = useCallback(
    (error: unknown) => {
      if (error instanceof ApiError && error.status === 401) router.replace("/login?reason=expired");
      else setFailure(describe(error));
    },
    [router, describe],
  );
  const clear = useCallback(() => {
    setFailure(null);
  }, []);
  return { failure, fail, clear };
}
