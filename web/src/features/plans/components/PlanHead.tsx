import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { Plan } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { ReadOnlyChip } from "@/shared/ui/Chip";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { CopyId } from "@/shared/ui/CopyId";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { PageHead } from "@/shared/ui/PageHead";
import { useDeletePlan } from "../api/useDeletePlan";

/** `start` is the button that starts a run; it belongs to the runs and is put in by the page. */
export function PlanHead({ plan, start }: { plan: Plan; start: ReactNode }) {
  const [asked, setAsked] = useState(false);
  const removal = useDeletePlan(plan.id);
  const navigate = useNavigate();
  return (
    <>
      <PageHead
        title={plan.name}
        above={
          <>
            <Link to="/plans">Plans</Link> / <CopyId id={plan.id} />
          </>
        }
        chips={!plan.can_write && <ReadOnlyChip owner={plan.owner.name} />}
        facts={
          <>
            <span>{plan.main_file}</span>
            <span>{plural(plan.runs, "run")}</span>
            <span>{plan.owner.name}</span>
            <span>uploaded {formatDateTime(plan.created_ms)}</span>
          </>
        }
        actions={
          <>
            {start}
            {plan.can_write && (
              <Menu label="More about this plan">
                <MenuItem danger consequence="Deletes its files. Its runs and results are kept." onSelect={() => setAsked(true)}>
                  Delete…
                </MenuItem>
              </Menu>
            )}
          </>
        }
      />
      {asked && (
        <ConfirmDialog
          title={`Delete ${plan.name}`}
          cancel="Keep it"
          action="Delete"
          tone="danger"
          request={removal}
          onConfirm={() => removal.mutate(undefined, { onSuccess: () => void navigate("/plans") })}
          onClose={() => setAsked(false)}
        >
          <p>The plan and its {plural(plan.files.length, "file")} are deleted. This can’t be undone. Runs that used it and their results are kept.</p>
        </ConfirmDialog>
      )}
    </>
  );
}
