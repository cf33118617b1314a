import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { Plan } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { OwnerFact } from "@/shared/session/OwnerFact";
import { ReadOnlyMark } from "@/shared/session/ReadOnlyMark";
import { useRights } from "@/shared/session/useSession";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { CopyId } from "@/shared/ui/CopyId";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { PageHead } from "@/shared/ui/PageHead";
import { useDeletePlan } from "../api/useDeletePlan";
import { KeepDialog } from "./KeepDialog";
import { DuplicateDialog, RenameDialog } from "./PlanNameDialog";

/** `start` is the button that starts a run; it belongs to the feature of runs, so the page passes it in. */
export function PlanHead({ plan, start }: { plan: Plan; start: ReactNode }) {
  const [asked, setAsked] = useState(false);
  const [open, setOpen] = useState<"rename" | "duplicate" | "keep" | null>(null);
  const close = () => setOpen(null);
  const navigate = useNavigate();
  const removal = useDeletePlan(plan.id, () => void navigate("/plans"));
  const { may, mayWrite } = useRights();
  return (
    <>
      <PageHead
        title={plan.name}
        above={
          <>
            <Link to="/plans">Plans</Link> / <CopyId id={plan.id} />
          </>
        }
        chips={<ReadOnlyMark thing={plan} />}
        facts={
          <>
            <span>{plan.main_file}</span>
            <span>{plural(plan.runs, "run")}</span>
            <OwnerFact kind="plans" thing={plan} />
            <span>uploaded {formatDateTime(plan.created_ms)}</span>
            {plan.keep.length > 0 && <span>keeps {plan.keep.join(", ")}</span>}
          </>
        }
        actions={
          <>
            {start}
            {(mayWrite(plan) || may("upload_plan")) && (
              <Menu label="More about this plan">
                {mayWrite(plan) && <MenuItem onSelect={() => setOpen("rename")}>Rename…</MenuItem>}
                {may("upload_plan") && (
                  <MenuItem consequence="A plan of your own with the same files and criteria." onSelect={() => setOpen("duplicate")}>
                    Duplicate…
                  </MenuItem>
                )}
                {mayWrite(plan) && (
                  <MenuItem consequence="Files that the plan writes are collected after each run." onSelect={() => setOpen("keep")}>
                    Files to keep…
                  </MenuItem>
                )}
                {mayWrite(plan) && (
                  <MenuItem danger consequence="Deletes its files. Its runs and results are kept." onSelect={() => setAsked(true)}>
                    Delete…
                  </MenuItem>
                )}
              </Menu>
            )}
          </>
        }
      />
      {open === "keep" && <KeepDialog plan={plan} onClose={close} />}
      {open === "rename" && <RenameDialog plan={plan} onClose={close} />}
      {open === "duplicate" && <DuplicateDialog plan={plan} onClose={close} />}
      {asked && (
        <RemovalDialog verb="Delete" what={plan.name} request={removal} onConfirm={() => removal.mutate()} onClose={() => setAsked(false)}>
          <p>The plan and its {plural(plan.files.length, "file")} are deleted. Runs that used it and their results are kept.</p>
        </RemovalDialog>
      )}
    </>
  );
}
