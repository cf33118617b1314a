import type { Creation } from "../useCreation";

/** The next step, a check or the creation, is the form's one main action and says which of them it is. */
export function CreateButtons({ creation, onCancel }: { creation: Creation; onCancel: () => void }) {
  const { busy, checksFirst, forecast } = creation;
  return (
    <>
      <button type="button" className="btn btn-outline-secondary" onClick={onCancel}>
        Cancel
      </button>
      <button type="submit" className="btn btn-primary" disabled={busy !== null} title={checksFirst ? "Asks AWS what stands in its way and what it costs. Nothing is made." : undefined}>
        {busy === "checking" ? "Checking…" : busy === "creating" ? "Creating…" : checksFirst ? (forecast === null ? "Check" : "Check again") : "Create cluster"}
      </button>
    </>
  );
}
