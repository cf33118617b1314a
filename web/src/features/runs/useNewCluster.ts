import { useState } from "react";
import { useClusterDefaults } from "@/features/clusters/api/useClusterDefaults";
import { checkForm, formFrom, placeFaults, type ClusterForm, type Faults, type StartConfig } from "@/features/clusters/clusterForm";
import { isSame, useCreation, type Creation } from "@/features/clusters/useCreation";
import { useCredentialChoices, type CredentialChoices } from "@/features/clusters/useCredentialChoices";
import { useInfo } from "@/shared/session/useInfo";
import { ApiError } from "@/shared/api/client";
import type { Cluster, Info, NewCluster, NewRun, Provider } from "@/shared/api/types";

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

/** The last attempt to start the run. */
interface Start {
  error: Error | null;
  variables: NewRun | undefined;
}

/** A cluster that is created for one run: its form, and its cost. `start`: the server's errors about the cluster are shown until it is changed. `tries`:
 *  the run is a try run, for which it has at most one worker. `like`: the cluster whose configuration fills the form initially; null: the server's
 *  defaults do. */
export function useNewCluster({ error: refusal, variables: started }: Start, tries: boolean, like: LikeCluster | null): NewClusterPart {
  const defaults = useClusterDefaults();
  const info = useInfo();
  const [typed, setForm] = useState<ClusterForm | null>(null);
  const providers = info.data?.providers;
  const first = defaults.data === undefined || providers === undefined ? null : firstForm(defaults.data, providers, like);
  const choices = useCredentialChoices((typed ?? first)?.provider ?? "local");
  const current = typed ?? first;
  const form = current === null ? null : choices.settle(current);
  const checked = form === null ? { request: null, faults: {} } : checkForm({ ...form, name: "", description: "" }, info.data?.limits.max_workers ?? 16);
  const request = tries ? forTry(checked.request) : checked.request;
  const creation = useCreation(form?.provider ?? "local", request, () => undefined);
  const refused = refusal instanceof ApiError && isSame(started?.new_cluster, request) ? refusal.faults : [];
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

/** The data of an earlier cluster that a new one takes over. */
export interface LikeCluster extends Pick<Cluster, "provider" | "config"> {
  /** A try run used it. */
  tried: boolean;
}

/** A provider that this server does not have any more is not taken over, nor is the number of workers if a try run may have reduced it to one. */
function firstForm(defaults: StartConfig, providers: Provider[], like: LikeCluster | null): ClusterForm {
  const provider = providers.includes("local") ? "local" : (providers[0] ?? "ssh");
  if (like === null || !providers.includes(like.provider)) return { ...formFrom(defaults, provider), removeAfterRun: true };
  const workers = like.tried && like.config.workers === 1 ? defaults.workers : like.config.workers;
  return { ...formFrom({ ...like.config, workers, ec2: like.config.ec2 ?? defaults.ec2 }, like.provider), removeAfterRun: true };
}

/** Existing machines are used as they are listed. */
function forTry(request: NewCluster | null): NewCluster | null {
  if (request === null || request.provider === "ssh") return request;
  return { ...request, config: { ...request.config, workers: Math.min(1, request.config.workers) } };
}
