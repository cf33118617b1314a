/** What is typed into the form of a search but not searched for yet. */
import type { SampleFilter } from "./sampleFilter";

export interface SampleDraft {
  read: () => SampleFilter | null;
  /** null: the search was started or cleared. */
  write: (draft: SampleFilter | null) => void;
}

/** The draft of a search, which survives its form; only the newest one is kept. It is no React state, because nothing but the form shows it. */
export function newDrafts(): (search: string) => SampleDraft {
  let kept: { search: string; draft: SampleFilter } | null = null;
  return (search) => ({
    read: () => (kept?.search === search ? kept.draft : null),
    write: (draft) => {
      kept = draft === null ? null : { search, draft };
    },
  });
}
