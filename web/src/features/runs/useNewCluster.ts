import { useState } from "react";
import { useClusterDefaults } from "@/features/clusters/api/useClusterDefaults";
import { checkForm, formFrom, placeFaults, type ClusterForm, type Faults } from "@/features/clusters/clusterForm";
import { useCreation, type Creation } from "@/features/clusters/useCreation";
import { useCredentialChoices, type CredentialChoices } from "@/features/clusters/useCredentialChoices";
import { useInfo } from "@/shared/session/useInfo";
import type { Fault, Info, NewCluster } from "@/shared/api/types";

export interface NewClusterPart {
  /** null until the server's defaults are loaded. */
  form: ClusterForm | null;
  setForm: (form: ClusterForm) => void;
  info: Info | undefined;
  choices: CredentialChoices;
  request: NewCluster | null;
  faults: Faults;
  /** Errors without a field. */
  rest: string[];
  workers: number;
  /** Its price, and whether that was shown. */
  creation: Creation;
  error: Error | null;
}

/** A cluster that is created for one run: its form, and its cost. `refused`: the server's errors about it when the run was started. `tries`: the run is
 *  a try run, for which it has at most one worker. */
export function useNewCluster(refused: Fault[], tries: boolean): NewClusterPart {
  const defaults = useClusterDefaults();
  const info = useInfo();
  const [typed, setForm] = useState<ClusterForm | null>(null);
  const providers = info.data?.providers;
  const first = defaults.data === undefined || providers === undefined ? null : { ...formFrom(defaults.data, providers.includes("local") ? "local" : (providers[0] ?? "ssh")), removeAfterRun: true };
  const choices = useCredentialChoices((typed ?? first)?.provider ?? "local");
  const started = typed ?? first;
  const form = started === null ? null : choices.settle(started);
  const checked = form === null ? { request: null, faults: {} } : checkForm({ ...form, name: "", description: "" }, info.data?.limits.max_workers ?? 16);
  const request = tries ? forTry(checked.request) : checked.request;
  const creation = useCreation(form?.provider ?? "local", request, () => undefined);
  const here = refused.filter(({ field }) => field?.startsWith(PLACE)).map((fault) => ({ ...fault, field: fault.field?.slice(PLACE.length) ?? null }));
  const placed = form === null ? { beside: {}, rest: [] } : placeFaults([...creation.refusals, ...here], form);
  return {
    form,
    setForm,
    info: info.data,
    choices,
    request,
    faults: { ...placed.beside, ...checked.faults },
    rest: placed.rest,
    workers: request?.config.workers ?? (Number(form?.workers) || 0),
    creation,
    error: defaults.error ?? info.error,
  };
}

const PLACE = "/new_cluster";

/** Existing machines are used as they are listed. */
function forTry(request: NewCluster | null): NewCluster | null {
  if (request === null || request.provider === "ssh") return request;
  return { ...request, config: { ...request.config, workers: Math.min(1, request.config.workers) } };
}
