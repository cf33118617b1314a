import { Chip } from "@/shared/ui/Chip";

/** Beside the name of a run that only showed whether its plan works. */
export function TryMark() {
  return (
    <span title="Try run: 1 user and 1 iteration of each thread group on 1 node. Excluded from trends.">
      <Chip tone="attention" icon="eye" word="try" />
    </span>
  );
}
