import type { Cluster, ClusterNode } from "@/shared/api/types";
import { Chip } from "@/shared/ui/Chip";
import { useClusterEvents } from "../api/useClusterEvents";
import { lastWord } from "../clusterEvents";
import { hostOf, isComingUp, isSettled, nodeChip, typeOf } from "../clusterWords";

/** The nodes: where each one is, and the progress of its setup. */
export function NodeTable({ cluster }: { cluster: Cluster }) {
  const events = useClusterEvents(cluster.id, isSettled(cluster.phase));
  const detail = (node: ClusterNode) => {
    const now = isComingUp(cluster.phase) ? lastWord(events.data ?? [], node.name) : null;
    const java = node.tools == null ? "" : `Java ${node.tools.java_version}`;
    return now ?? [node.detail ?? "", java].filter((part) => part !== "").join(", ");
  };
  const made = cluster.config.ec2 != null;
  return (
    <section className="card table-card" aria-label="Nodes">
      <header className="table-tools">
        <h2>Nodes</h2>
      </header>
      {cluster.nodes.length === 0 ? (
        <div className="table-empty">Nodes appear here as they are launched.</div>
      ) : (
        <div className="table-scroll" role="region" aria-label="Node table" tabIndex={0}>
          <table className="table-dense">
            <thead>
              <tr>
                <th scope="col">Node</th>
                <th scope="col">State</th>
                {made && <th scope="col">Type</th>}
                <th scope="col">Address</th>
                <th scope="col">Detail</th>
              </tr>
            </thead>
            <tbody>
              {cluster.nodes.map((node) => (
                <tr key={node.name}>
                  <td>{node.name}</td>
                  <td>
                    <Chip {...nodeChip(node)} />
                  </td>
                  {made && <td>{typeOf(cluster, node)}</td>}
                  <td>{hostOf(cluster, node) ?? node.address ?? "–"}</td>
                  <td className="text-muted">{detail(node)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
