import { Chip } from "@/shared/ui/Chip";

/** Shown next to the name of a try run. */
export function TryMark() {
  return (
    <span title="Try run: 1 user and 1 iteration of each thread group on 1 node. Excluded from trends.">
      <Chip tone="attention" icon="eye" word="try" />
    </span>
  );
}
