import { encodePath } from "@/shared/api/client";
import type { Run } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { Download } from "@/shared/ui/Download";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { useRunArtefacts } from "../api/useRunArtefacts";
import { ArchiveState } from "./ArchiveState";
import { StoreLinkButton } from "./StoreLinkButton";

/** The files of the run, each with a download. */
export function Artefacts({ run }: { run: Run }) {
  const query = useRunArtefacts(run.id, run.phase);
  return (
    <section className="card list-card" aria-label="Files of the run">
      <header className="chart-head">
        <h2>Files</h2>
      </header>
      <div className="list-body">
        <ArchiveState run={run} />
        <Loaded query={query} what="Loading files…">
          {(artefacts) => (
            <ul className="pairs">
              {artefacts.map((artefact) => (
                <li key={artefact.name}>
                  <Download path={`/runs/${run.id}/artefacts/${encodePath(artefact.name)}`}>
                    <Icon name="download" /> {artefact.name}
                  </Download>
                  <span className="text-muted">
                    {formatBytes(artefact.bytes)}
                    {artefact.compressed_name !== null && (
                      <>
                        , {formatBytes(artefact.stored_bytes)} on disk (<Download path={`/runs/${run.id}/artefacts/${encodePath(artefact.compressed_name)}`}>compressed</Download>)
                      </>
                    )}
                    {run.archive?.has_links === true && <StoreLinkButton run={run.id} artefact={artefact} />}
                  </span>
                </li>
              ))}
              {artefacts.length === 0 && <li className="text-muted">The result log, summary, report and JMeter logs appear here when the run ends.</li>}
            </ul>
          )}
        </Loaded>
      </div>
    </section>
  );
}
