import { useCallback, useEffect, useRef } from "react";
import { useSearchParams } from "react-router";

export type ChangeUrl = (change: (parameters: URLSearchParams) => void) => void;

/**
 * What a page keeps in its URL. A change starts from the URL as it is at that moment, not from the one that was last drawn: drawing a
 * page of charts takes longer than a second click, whose change would else undo the first one's.
 */
export function useUrlParameters(): [URLSearchParams, ChangeUrl] {
  const [parameters, setParameters] = useSearchParams();
  // The router's setter is a new one after each change; this one stays, so that what is memoised on it does too.
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

/** The offline page has its routes, and so its parameters, in the hash. */
export function parametersOf({ search, hash }: Pick<Location, "search" | "hash">): URLSearchParams {
  if (!hash.startsWith("#/")) return new URLSearchParams(search);
  const at = hash.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : hash.slice(at + 1));
}

/** Sets a parameter, or takes it out with null. */
export function putParameter(parameters: URLSearchParams, key: string, value: string | null): void {
  if (value === null) parameters.delete(key);
  else parameters.set(key, value);
}
