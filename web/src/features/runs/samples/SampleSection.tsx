import { ReportSection } from "@/features/results/components/ReportSection";
import { ApiError } from "@/shared/api/client";
import { Empty } from "@/shared/ui/Empty";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useUrlParameters } from "@/shared/url/useUrlParameters";
import { useSamples } from "../api/useSamples";
import type { SampleDraft } from "./sampleDraft";
import { faultsOf, readFilter, requestOf, writeFilter, type SampleFilter } from "./sampleFilter";
import { SampleForm } from "./SampleForm";
import { SampleTable } from "./SampleTable";

interface Props {
  runId: string;
  live: boolean;
  /** Number of links from tables that were followed: each restarts the form, without what was typed before. */
  links: number;
  draftOf: (search: string) => SampleDraft;
}

/** Searches the samples of the run's log. The search is in the URL, so that a link finds the same samples. */
export function SampleSection({ runId, live, links, draftOf }: Props) {
  const [parameters, change] = useUrlParameters();
  const filter = readFilter(parameters);
  const asked = filter !== null && Object.keys(faultsOf(filter)).length === 0 ? requestOf(filter) : null;
  const query = useSamples(runId, asked, live);
  const search = JSON.stringify([links, filter]);
  const put = (next: SampleFilter | null) => {
    change((url) => writeFilter(url, next));
    // Repeating the same search also finds what has arrived since.
    if (next !== null && requestOf(next) === asked) void query.refetch();
  };
  const none = query.error instanceof ApiError && query.error.status === 404;
  // An invalid pattern is not retried.
  const refused = query.error instanceof ApiError && query.error.status === 400;
  return (
    <ReportSection id="samples" title="Samples" note={live ? "received so far" : undefined}>
      <div className="stack no-print">
        <SampleForm key={search} filter={filter} draft={draftOf(search)} busy={query.isFetching} live={live} onSearch={put} />
        {none && (
          <section className="card">
            <Empty icon="search" title="No result log for this run.">
              {query.error?.message ?? ""}
            </Empty>
          </section>
        )}
        {query.error !== null && !none && <ErrorBox error={query.error} {...(refused ? {} : { onRetry: () => void query.refetch() })} />}
        {asked !== null && query.error === null && query.data !== undefined && filter !== null && <SampleTable result={query.data} keep={filter.keep} stale={query.isPlaceholderData} />}
      </div>
    </ReportSection>
  );
}
