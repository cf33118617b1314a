/** The form of a run's tags and note. Pure. */
import { mergedList } from "@/shared/lists/mergedList";
import type { Remarks } from "./api/useMarkRun";

/** Tags separated by commas or line breaks. */
export function readTags(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

/**
 * The changes to send; null: none. `before`: the values when the form was opened, `now`: the
 * run's current values, in which another user may have added or removed a tag.
 */
export function changedRemarks(before: Required<Remarks>, now: Required<Remarks>, typed: { tags: string; note: string }): Remarks | null {
  const tags = mergedList(before.tags, now.tags, readTags(typed.tags));
  const note = typed.note.trim();
  const changed: Remarks = {
    ...(JSON.stringify(tags) === JSON.stringify(now.tags) ? {} : { tags }),
    ...(note === before.note ? {} : { note }),
  };
  return Object.keys(changed).length === 0 ? null : changed;
}
