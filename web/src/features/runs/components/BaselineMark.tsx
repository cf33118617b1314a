import { Icon } from "@/shared/ui/Icon";

/** Shown next to the name of its plan's baseline run. */
export function BaselineMark() {
  return (
    <span className="pin-mark" role="img" aria-label="Baseline" title="Baseline: the plan’s other runs are compared with it">
      <Icon name="flag" />
    </span>
  );
}
