/** Next to figures of the whole total while labels are selected, so they are not mistaken for the labels'. */
export function AllLabels({ chosen }: { chosen: string[] }) {
  if (chosen.length === 0) return null;
  return (
    <span className="tag" title="Covers all labels, not only the selected ones.">
      all labels
    </span>
  );
}
