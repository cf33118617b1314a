import type { Owned } from "@/shared/api/types";
import { ReadOnlyChip } from "@/shared/ui/Chip";
import { useRights, useSession } from "./useSession";

/** Shown instead of an object's actions, with its owner. */
export function ReadOnlyMark({ thing }: { thing: Owned }) {
  const { data: session } = useSession();
  const { mayWrite } = useRights();
  if (session === undefined || mayWrite(thing)) return null;
  return <ReadOnlyChip owner={thing.owner.name} team={thing.team?.name ?? null} />;
}
