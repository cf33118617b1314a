/** Revisions of a plan as text. Pure. */
import type { FileChange, RevisionView } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";

/** Number of files named in a line. */
const NAMED = 3;

const WORD: Record<FileChange, string> = { added: "added", removed: "removed", changed: "changed" };

/** What was done to a file. */
export function changeWord(change: FileChange): string {
  return WORD[change];
}

/** A revision and the main `.jmx` that it runs; null or empty: unknown. */
export interface MainFile {
  revision: number;
  main_file: string | null | undefined;
}

/** Two revisions whose files are equal: they can still run different ones of them. */
export function sameFilesWords(from: MainFile, to: MainFile): string {
  const same = `Revisions ${from.revision} and ${to.revision} have the same files`;
  if (from.main_file === to.main_file || !from.main_file || !to.main_file) return `${same}.`;
  return `${same}, but revision ${from.revision} runs ${from.main_file}, and revision ${to.revision} runs ${to.main_file}.`;
}

/** What a revision changed: "changed shop.jmx, added users.csv and 4 more files". */
export function changesWords({ changes, changed_files, changes_from, main_file }: Pick<RevisionView, "changes" | "changed_files" | "changes_from"> & { main_file?: string }): string {
  if (changes_from === null) return "";
  if (changed_files === 0 && main_file !== undefined) return `runs ${main_file}`;
  const named = changes.slice(0, NAMED).map(({ path, change }) => `${WORD[change]} ${path}`);
  const left = changed_files - named.length;
  return named.join(", ") + (left > 0 ? ` and ${plural(left, "more file")}` : "");
}
