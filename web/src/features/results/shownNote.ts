import { plural } from "@/shared/format/numbers";

/** What the charts below show. */
export function shownNote(chosen: string[]): string | undefined {
  return chosen.length === 0 ? undefined : `Showing ${plural(chosen.length, "label")}`;
}
