import type { Cluster } from "@/shared/api/types";
import { Note } from "@/shared/ui/Note";

/** Problems that affect every run on a cluster. */
export function ClusterWarnings({ cluster }: { cluster: Pick<Cluster, "warnings"> }) {
  return cluster.warnings.map(({ code, message }) => (
    <Note key={code} tone="attention">
      {message}
    </Note>
  ));
}
