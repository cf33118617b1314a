import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorBox } from "./ErrorBox";
import { Waiting } from "./Waiting";

/** A query's three faces: waiting, failed, there. Data that is there stays shown while it is fetched again. */
export function Loaded<T>({ query, what, children }: { query: UseQueryResult<T>; what: string; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error !== null) return <ErrorBox error={query.error} onRetry={() => void query.refetch()} />;
  return <Waiting what={what} />;
}
