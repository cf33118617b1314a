import { DialogButtons } from "@/shared/ui/DialogButtons";
import type { Creation } from "../useCreation";

/** The form's main button: its label says whether the next step is a check or the creation. */
export function CreateButtons({ creation, onCancel }: { creation: Creation; onCancel: () => void }) {
  const { busy, checksFirst, forecast } = creation;
  const next = checksFirst ? (forecast === null ? "Check" : "Check again") : "Create cluster";
  return (
    <DialogButtons
      onCancel={onCancel}
      action={busy === "checking" ? "Checking…" : busy === "creating" ? "Creating…" : next}
      disabled={busy !== null}
      title={checksFirst ? "Validates the configuration with AWS and estimates the cost. Nothing is created." : undefined}
    />
  );
}
