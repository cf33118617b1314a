import { useState } from "react";
import type { Artefact, StoreLink } from "@/shared/api/types";
import { formatDuration, formatTime } from "@/shared/format/time";
import { Dialog } from "@/shared/ui/Dialog";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { Note } from "@/shared/ui/Note";
import { ShownOnce } from "@/shared/ui/ShownOnce";
import { useNow } from "@/shared/ui/useNow";
import { useStoreLink } from "../api/useStoreLink";

interface Props {
  run: string;
  artefact: Artefact;
}

/** Creates a link to a file of a stored run that works without JAC, for some minutes. */
export function StoreLinkButton({ run, artefact }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="btn btn-quiet" title="Download link…" aria-label={`Download link for ${artefact.name}…`} onClick={() => setOpen(true)}>
        <Icon name="link" />
      </button>
      {isOpen && <StoreLinkDialog run={run} artefact={artefact} onClose={() => setOpen(false)} />}
    </>
  );
}

function StoreLinkDialog({ run, artefact, onClose }: Props & { onClose: () => void }) {
  const link = useStoreLink(run, artefact.name);
  return (
    <Dialog title={`Download link for ${artefact.name}`} onClose={onClose}>
      <div className="stack confirm">
        <p>
          Anybody with this link can download the file from the store, without signing in to JAC.
          {artefact.compressed_name !== null && " It is compressed (Zstandard)."}
        </p>
        <Loaded query={link} what="Creating the link…">
          {(made) => <Made link={made} onAnother={() => void link.refetch()} />}
        </Loaded>
      </div>
    </Dialog>
  );
}

function Made({ link, onAnother }: { link: StoreLink; onAnother: () => void }) {
  const leftMs = link.expires_ms - useNow();
  if (leftMs <= 0) {
    return (
      <Note tone="attention">
        <strong>The link has expired.</strong>
        <p>
          <button type="button" className="btn btn-sm btn-outline-secondary" onClick={onAnother}>
            <Icon name="arrow-clockwise" /> Create another link
          </button>
        </p>
      </Note>
    );
  }
  return (
    <>
      <ShownOnce label="Download link" secret={link.url} hint="" />
      <p className="text-muted">
        Expires at {formatTime(link.expires_ms)}, in {formatDuration(leftMs / 1000)}.{" "}
        <a href={link.url} target="_blank" rel="noreferrer">
          Download now
        </a>
      </p>
    </>
  );
}
