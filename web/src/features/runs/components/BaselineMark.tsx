import { Icon } from "@/shared/ui/Icon";

/** Beside the name of a run that its plan's others are compared with. */
export function BaselineMark() {
  return (
    <span className="pin-mark" role="img" aria-label="Baseline" title="Baseline: the plan’s other runs are compared with it">
      <Icon name="flag" />
    </span>
  );
}
