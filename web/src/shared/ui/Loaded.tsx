import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { ApiError } from "@/shared/api/client";
import { Empty } from "./Empty";
import { ErrorBox } from "./ErrorBox";
import { PageHead } from "./PageHead";
import { Waiting } from "./Waiting";

interface Props<T> {
  query: UseQueryResult<T>;
  what: string;
  /** The content is about as high as the page. */
  tall?: boolean;
  children: (data: T) => ReactNode;
}

/** The three states of a query: loading, failed, loaded. Loaded data stay visible while they are refetched, until the server says that they are gone. */
export function Loaded<T>({ query, what, tall = false, children }: Props<T>) {
  if (query.error instanceof ApiError && query.error.status === 404) return <Gone error={query.error} />;
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error !== null) return <ErrorBox error={query.error} onRetry={() => void query.refetch()} />;
  return <Waiting what={what} tall={tall} />;
}

/** A retry cannot restore it. */
function Gone({ error }: { error: ApiError }) {
  return (
    <div role="alert">
      <PageHead title="Not found" />
      <Empty
        icon="search"
        title={error.message}
        action={
          <Link className="btn btn-outline-secondary" to="/">
            Go to the overview
          </Link>
        }
      >
        The link may be incomplete, or it was deleted.
      </Empty>
    </div>
  );
}
