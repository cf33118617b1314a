import { Icon } from "@/shared/ui/Icon";

/** Beside the name of a run that is kept. */
export function PinMark() {
  return (
    <span className="pin-mark" role="img" aria-label="Pinned" title="Pinned: never deleted by retention">
      <Icon name="pin" />
    </span>
  );
}
