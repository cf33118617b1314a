/** Tags and note of a run as they are typed. Pure. */
import { mergedList } from "@/shared/lists/mergedList";
import type { Remarks } from "./api/useMarkRun";

/** Tags with commas or line ends between. */
export function readTags(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

/**
 * What has to be sent for the run to have what was changed in the form; null: nothing. `before`: what the form began with, `now`: what the
 * run has meanwhile, where somebody else may have added or removed a tag.
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
