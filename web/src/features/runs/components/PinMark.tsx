import { Icon } from "@/shared/ui/Icon";

/** Shown next to the name of a pinned run. */
export function PinMark() {
  return (
    <span className="pin-mark" role="img" aria-label="Pinned" title="Pinned: never deleted by retention">
      <Icon name="pin" />
    </span>
  );
}
