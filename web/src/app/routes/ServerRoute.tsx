import type { ReactNode } from "react";
import { useInfo } from "@/shared/session/useInfo";
import { formatBytes, formatCount } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { CopyId } from "@/shared/ui/CopyId";
import { Loaded } from "@/shared/ui/Loaded";
import { Note } from "@/shared/ui/Note";

const PROVIDERS = { local: "local processes", ssh: "machines over SSH", ec2: "Amazon EC2", imported: "imported logs" };

/** The server's version, limits and settings, which come from its configuration. */
export function ServerRoute() {
  const info = useInfo();
  return (
    <Loaded query={info} what="Loading…">
      {({ version, installation, started_ms, java, jmeter, jmeter_versions, providers, limits, notices }) => (
        <>
          {notices.map((notice) => (
            <Note key={`${notice.code} ${notice.message}`} tone="attention">
              {notice.message}
            </Note>
          ))}
          <div className="columns">
            <Pairs
              title="Server"
              pairs={[
                ["JAC", version],
                ["Installation", <CopyId key="installation" id={installation} />],
                ["Started", formatDateTime(started_ms)],
                ["Providers", providers.map((each) => PROVIDERS[each]).join(", ")],
              ]}
            />
            <Pairs
              title="Java and JMeter"
              pairs={[
                ["Java", java.version ?? "not found"],
                ["JMeter", jmeter.version ?? "downloaded with the first cluster"],
                ["Available JMeter versions", jmeter_versions.join(", ")],
              ]}
            />
            <Pairs
              title="Limits"
              pairs={[
                ["Workers per cluster", formatCount(limits.max_workers)],
                ["Upload size", formatBytes(limits.max_upload_bytes)],
                ["Files per plan", formatCount(limits.max_files)],
              ]}
            />
          </div>
          <p className="text-muted">These are set in the server’s configuration file, environment or flags.</p>
        </>
      )}
    </Loaded>
  );
}

function Pairs({ title, pairs }: { title: string; pairs: [string, ReactNode][] }) {
  return (
    <section className="card list-card" aria-label={title}>
      <header className="chart-head">
        <h2>{title}</h2>
      </header>
      <ul className="pairs">
        {pairs.map(([name, value]) => (
          <li key={name}>
            <span>{name}</span>
            <span className="pair-value">{value}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
