import { useState } from "react";
import { Icon } from "@/shared/ui/Icon";
import { ImportDialog } from "./ImportDialog";

/** Imports result logs from elsewhere, up to this many bytes. */
export function ImportButton({ most_bytes }: { most_bytes: number }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="btn btn-outline-secondary" onClick={() => setOpen(true)}>
        <Icon name="cloud-upload" /> Import logs
      </button>
      {open && <ImportDialog most_bytes={most_bytes} onClose={() => setOpen(false)} />}
    </>
  );
}
