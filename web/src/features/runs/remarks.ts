/** Tags and note of a run as they are typed. Pure. */
import type { Remarks } from "./api/useMarkRun";

/** Tags with commas or line ends between. */
export function readTags(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

/** What has to be sent for the form to be as it is; null: nothing. */
export function changedRemarks(before: Required<Remarks>, typed: { tags: string; note: string }): Remarks | null {
  const tags = readTags(typed.tags);
  const note = typed.note.trim();
  const changed: Remarks = {
    ...(JSON.stringify(tags) === JSON.stringify(before.tags) ? {} : { tags }),
    ...(note === before.note ? {} : { note }),
  };
  return Object.keys(changed).length === 0 ? null : changed;
}
