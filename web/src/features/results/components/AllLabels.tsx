/** Beside what is of the whole total while labels are chosen: nobody is to take it for theirs. */
export function AllLabels({ chosen }: { chosen: string[] }) {
  if (chosen.length === 0) return null;
  return (
    <span className="tag" title="Covers all labels, not only the selected ones.">
      all labels
    </span>
  );
}
