/** Query keys, in one place, so that a `changed` event finds everything that shows the thing. */
export const keys = {
  session: ["session"] as const,
  info: ["info"] as const,
  clusters: ["clusters"] as const,
  clusterList: (ended: boolean) => ["clusters", "list", { ended }] as const,
  clusterDefaults: ["cluster-defaults"] as const,
  cluster: (id: string) => ["clusters", id] as const,
  clusterEvents: (id: string) => ["clusters", id, "events"] as const,
  plans: ["plans"] as const,
  planList: ["plans", "list"] as const,
  plan: (id: string) => ["plans", id] as const,
  planCheck: (id: string, workers: number) => ["plans", id, "check", workers] as const,
  runs: ["runs"] as const,
  runList: (filter: { cluster?: string; plan?: string }) => ["runs", "list", filter] as const,
  run: (id: string) => ["runs", id] as const,
  runReport: (id: string) => ["run-report", id] as const,
  runArtefacts: (id: string) => ["run-artefacts", id] as const,
};
