import { useCallback, useMemo } from "react";
import { putParameter, useUrlParameters } from "@/shared/url/useUrlParameters";
import { readFolded, writeFolded } from "./folding";

const PARAMETER = "labels.fold";

export interface Folding {
  closed: ReadonlySet<string>;
  toggle: (transaction: string) => void;
}

/** Which transactions are folded, in the URL. */
export function useFolding(): Folding {
  const [parameters, change] = useUrlParameters();
  const written = parameters.get(PARAMETER);
  const closed = useMemo(() => readFolded(written), [written]);
  const toggle = useCallback(
    (transaction: string) =>
      change((url) => {
        const now = new Set(readFolded(url.get(PARAMETER)));
        if (!now.delete(transaction)) now.add(transaction);
        putParameter(url, PARAMETER, writeFolded(now));
      }),
    [change],
  );
  return { closed, toggle };
}
