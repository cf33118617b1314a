import { useState } from "react";
import { Link } from "react-router";
import { useCluster } from "@/features/clusters/api/useCluster";
import { useLivingClusters } from "@/features/clusters/api/useClusters";
import { ClusterWarnings } from "@/features/clusters/components/ClusterWarnings";
import { canQueue, canRun, clusterChip, hasEnded, isAwaited, sizeWords, takesRuns, workersOf } from "@/features/clusters/clusterWords";
import { usePlan } from "@/features/plans/api/usePlan";
import { usePlans } from "@/features/plans/api/usePlans";
import type { ClusterSummary, Named } from "@/shared/api/types";
import { SearchField } from "@/shared/lists/ListFilters";
import { useRights } from "@/shared/session/useSession";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";

/** The choices; they include the preselected one, however old it is. */
export interface Choice<T> {
  items: T[] | undefined;
  error: Error | null;
  /** The server has more. */
  more: boolean;
}

export function usePlanChoice(text: string, named: string | null): Choice<Named> {
  const listed = usePlans(text === "" ? "" : new URLSearchParams({ text }).toString());
  const plan = usePlan(named ?? "", named !== null);
  const items = listed.data?.items;
  const own = plan.data === undefined || items?.some(({ id }) => id === plan.data.id) !== false ? [] : [plan.data];
  return { items: items === undefined ? undefined : [...own, ...items], error: listed.error, more: listed.data?.next != null };
}

/** What a run has to know of a cluster before it is started. */
export type RunnableCluster = Pick<ClusterSummary, "id" | "name" | "owner" | "team" | "provider" | "phase" | "lost_nodes" | "current_run" | "remove_after_run" | "ready_ms" | "workers" | "cause">;

export function useClusterChoice(named: string | null): Choice<RunnableCluster> {
  const listed = useLivingClusters();
  const cluster = useCluster(named ?? "", named !== null);
  const items = listed.data?.items;
  const own =
    cluster.data === undefined || items?.some(({ id }) => id === cluster.data.id) !== false
      ? []
      : [{ ...cluster.data, remove_after_run: cluster.data.config.remove_after_run, workers: workersOf(cluster.data) }];
  return { items: items === undefined ? undefined : [...own, ...items], error: listed.error, more: listed.data?.next != null };
}

interface Props<T> {
  choice: Choice<T>;
  value: string | null;
  fault: string | undefined;
  onChange: (id: string | null) => void;
}

export function PickPlan({ choice: { items, error, more }, value, fault, onChange, text, onSearch }: Props<Named> & { text: string; onSearch: (text: string) => void }) {
  // Once there were too many to list, the search field stays.
  const [searches, setSearches] = useState(false);
  if (more && !searches) setSearches(true);
  if (error !== null) return <ErrorBox error={error} />;
  const help =
    items?.length === 0 && text === "" ? (
      <Link to="/plans">No plans yet. Upload one.</Link>
    ) : searches ? (
      <SearchField label="Search plans" hint="Search plans by name" value={text} onChange={onSearch} />
    ) : undefined;
  return (
    <Field label="Plan" fault={fault} help={help}>
      {(attributes) => (
        <select
          {...attributes}
          className={attributes.className.replace("form-control", "form-select")}
          value={value ?? ""}
          onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
        >
          <option value="">{items === undefined ? "Loading plans…" : items.length === 0 ? "No plans match" : "Select a plan"}</option>
          {items?.map((plan) => (
            <option key={plan.id} value={plan.id}>
              {plan.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** The choice to create a cluster for the run. */
export const NEW_CLUSTER = "new";

/** What a run on it waits for; undefined: nothing. */
function waitWords(cluster: RunnableCluster): string | undefined {
  if (canQueue(cluster)) return "Busy: the run waits until the runs before it have ended.";
  return isAwaited(cluster) ? "The run starts when the cluster is ready." : undefined;
}

interface ClusterProps extends Props<RunnableCluster> {
  offersNew?: boolean;
  /** The run is started now: what it waits for is shown. */
  now?: boolean;
}

export function PickCluster({ choice: { items, error }, value, fault, onChange, offersNew = false, now = false }: ClusterProps) {
  const { mayWrite } = useRights();
  const isThere = value !== null && value !== NEW_CLUSTER;
  const chosen = useCluster(value ?? "", isThere);
  if (error !== null) return <ErrorBox error={error} />;
  const living = (items ?? []).filter((cluster) => !hasEnded(cluster.phase));
  const usable = (cluster: RunnableCluster) => mayWrite(cluster) && takesRuns(cluster);
  const none = items !== undefined && !living.some(usable);
  const awaited = now ? living.find((cluster) => cluster.id === value && usable(cluster)) : undefined;
  const missing = offersNew ? "No cluster can be used. Choose a new one for this run." : <Link to="/clusters">No cluster can be used. Create one.</Link>;
  return (
    <>
      <Field label="Cluster" fault={fault} help={none && value !== NEW_CLUSTER ? missing : awaited === undefined ? undefined : waitWords(awaited)}>
        {(attributes) => (
          <select
            {...attributes}
            className={attributes.className.replace("form-control", "form-select")}
            value={value ?? ""}
            onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
          >
            <option value="">{items === undefined ? "Loading clusters…" : "Select a cluster"}</option>
            {offersNew && <option value={NEW_CLUSTER}>New cluster for this run, terminated after it</option>}
            {living.map((cluster) => (
              <option key={cluster.id} value={cluster.id} disabled={!usable(cluster)}>
                {cluster.name}, {sizeWords(cluster.workers)}
                {cluster.provider === "ssh" ? ", SSH" : ""}
                {mayWrite(cluster) ? (canRun(cluster) ? "" : `, ${clusterChip(cluster).word}`) : `, ${cluster.owner.name}’s`}
              </option>
            ))}
          </select>
        )}
      </Field>
      {isThere && chosen.data !== undefined && <ClusterWarnings cluster={chosen.data} />}
    </>
  );
}
