import { useCallback, useEffect, useRef } from "react";
import { useSearchParams } from "react-router";

export type ChangeUrl = (change: (parameters: URLSearchParams) => void) => void;

/**
 * A page's parameters in its URL. A change starts from the current URL, not from the one that was last rendered: rendering a
 * page of charts takes longer than a second click, whose change would otherwise undo the first one's.
 */
export function useUrlParameters(): [URLSearchParams, ChangeUrl] {
  const [parameters, setParameters] = useSearchParams();
  // The router's setter changes with each navigation; this one is stable, so that what is memoised on it is too.
  const latest = useRef(setParameters);
  useEffect(() => {
    latest.current = setParameters;
  });
  const change = useCallback<ChangeUrl>((apply) => {
    const now = parametersOf(window.location);
    apply(now);
    latest.current(now, { replace: true, preventScrollReset: true });
  }, []);
  return [parameters, change];
}

/** The offline page has its routes, and therefore its parameters, in the hash. */
export function parametersOf({ search, hash }: Pick<Location, "search" | "hash">): URLSearchParams {
  if (!hash.startsWith("#/")) return new URLSearchParams(search);
  const at = hash.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : hash.slice(at + 1));
}

/** Sets a parameter, or removes it with null. */
export function putParameter(parameters: URLSearchParams, key: string, value: string | null): void {
  if (value === null) parameters.delete(key);
  else parameters.set(key, value);
}
