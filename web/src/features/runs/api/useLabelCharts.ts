import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { LabelCharts, Report } from "@/shared/api/types";
import { useUrlParameters } from "@/shared/url/useUrlParameters";

/** A report with the charts of the labels selected in the URL; those that are not among its busiest are read from the log. */
export function useLabelCharts(run: string, report: Report | undefined): { report: Report | undefined; loading: boolean; error: Error | null; retry: () => void } {
  const [parameters] = useUrlParameters();
  const written = JSON.stringify(parameters.getAll("label"));
  const missing = useMemo(() => {
    if (report === undefined) return [];
    const charted = new Set(report.series.labels.map((each) => each.label));
    const known = new Set(report.summary.labels.map((each) => each.label));
    return (JSON.parse(written) as string[]).filter((label) => known.has(label) && !charted.has(label));
  }, [report, written]);
  return useQueries({
    queries: missing.map((label) => ({
      queryKey: keys.labelCharts(run, label),
      queryFn: ({ signal }: { signal: AbortSignal }) => getJson<LabelCharts>(`/runs/${run}/label-charts?label=${encodeURIComponent(label)}`, signal),
      staleTime: Infinity,
    })),
    combine: (answers) => {
      const charts = answers.flatMap(({ data }) => (data === undefined ? [] : [data]));
      const failed = answers.filter(({ error }) => error !== null);
      return {
        report: report === undefined || charts.length === 0 ? report : withCharts(report, charts),
        loading: answers.some(({ isLoading }) => isLoading),
        error: failed[0]?.error ?? null,
        retry: () => {
          for (const answer of failed) void answer.refetch();
        },
      };
    },
  });
}

/** The report, with these labels after its busiest ones. */
export function withCharts(report: Report, charts: LabelCharts[]): Report {
  return {
    ...report,
    series: { ...report.series, labels: [...report.series.labels, ...charts.map(({ series }) => series)] },
    profiles: { ...report.profiles, labels: [...report.profiles.labels, ...charts.map(({ profile }) => profile)] },
  };
}
