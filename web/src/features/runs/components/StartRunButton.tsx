import { useState } from "react";
import { Icon } from "@/shared/ui/Icon";
import { StartRunDialog } from "./StartRunDialog";

interface Props {
  planId?: string;
  clusterId?: string;
  disabled?: boolean;
  why?: string;
}

export function StartRunButton({ planId, clusterId, disabled, why }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="btn btn-primary" disabled={disabled} title={why} onClick={() => setOpen(true)}>
        <Icon name="play" /> Start run
      </button>
      {open && <StartRunDialog planId={planId ?? null} clusterId={clusterId ?? null} onClose={() => setOpen(false)} />}
    </>
  );
}
