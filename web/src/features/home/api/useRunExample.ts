import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { getJson, postJson } from "@/shared/api/client";
import type { Cluster, ClusterConfig, NewCluster, NewRun, Plan, Run } from "@/shared/api/types";
import { upload } from "@/shared/api/upload";

/** The current step of starting the example; null: not starting. */
export type ExampleStep = "uploading" | "creating" | "starting" | null;

/** Long enough for downloading JMeter first. */
const LIFETIME_MINUTES = 30;

/**
 * Uploads the example, creates an ephemeral local cluster with one worker, and starts the run, which waits for the
 * cluster. `onStarted` is also called if the page shows something else by then.
 */
export function useRunExample(onStarted: (run: Run) => void) {
  const client = useQueryClient();
  const [step, setStep] = useState<ExampleStep>(null);
  const run = useMutation({
    mutationFn: async () => {
      setStep("uploading");
      const { default: text } = await import("../example.jmx?raw");
      const file = new File([text], "example.jmx", { type: "application/xml" });
      const plan = await upload<Plan>("/plans", {}, [{ path: "example.jmx", file }], () => undefined, new AbortController().signal);
      setStep("creating");
      const defaults = await getJson<ClusterConfig>("/clusters/defaults");
      const request: NewCluster = { name: "example", provider: "local", config: { ...defaults, workers: 1, lifetime_minutes: LIFETIME_MINUTES, remove_after_run: true } };
      const cluster = await postJson<Cluster>("/clusters", request);
      setStep("starting");
      const start: NewRun = { cluster_id: cluster.id, plan_id: plan.id };
      return postJson<Run>("/runs", start);
    },
    onSuccess: onStarted,
    onSettled: () => {
      setStep(null);
      void client.invalidateQueries();
    },
  });
  return { ...run, step };
}
