import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "react-router";
import { canRun, clusterChip, hasEnded, sizeWords } from "@/features/clusters/clusterWords";
import type { Cluster, Plan } from "@/shared/api/types";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";

interface Props {
  value: string | null;
  fault: string | undefined;
  onChange: (id: string | null) => void;
}

export function PickPlan({ plans, value, fault, onChange }: Props & { plans: UseQueryResult<Plan[]> }) {
  if (plans.error !== null) return <ErrorBox error={plans.error} />;
  const help = plans.data?.length === 0 ? <Link to="/plans">No plans yet. Upload one.</Link> : undefined;
  return (
    <Field label="Plan" fault={fault} help={help}>
      {(attributes) => (
        <select {...attributes} className={attributes.className.replace("form-control", "form-select")} value={value ?? ""} onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}>
          <option value="">{plans.data === undefined ? "Loading plans…" : "Select a plan"}</option>
          {plans.data?.map((plan) => (
            <option key={plan.id} value={plan.id}>
              {plan.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function PickCluster({ clusters, value, fault, onChange }: Props & { clusters: UseQueryResult<Cluster[]> }) {
  if (clusters.error !== null) return <ErrorBox error={clusters.error} />;
  const living = (clusters.data ?? []).filter((cluster) => !hasEnded(cluster.phase));
  const none = clusters.data !== undefined && !living.some((cluster) => cluster.can_write && canRun(cluster));
  return (
    <Field label="Cluster" fault={fault} help={none ? <Link to="/clusters">No cluster is ready. Create one.</Link> : undefined}>
      {(attributes) => (
        <select {...attributes} className={attributes.className.replace("form-control", "form-select")} value={value ?? ""} onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}>
          <option value="">{clusters.data === undefined ? "Loading clusters…" : "Select a cluster"}</option>
          {living.map((cluster) => (
            <option key={cluster.id} value={cluster.id} disabled={!cluster.can_write || !canRun(cluster)}>
              {cluster.name}, {sizeWords(cluster.config.workers)}
              {cluster.provider === "ssh" ? ", SSH" : ""}
              {cluster.can_write ? (canRun(cluster) ? "" : `, ${clusterChip(cluster).word}`) : `, ${cluster.owner.name}’s`}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
