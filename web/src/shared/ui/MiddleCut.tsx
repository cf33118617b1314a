import { Link } from "react-router";
import { middleCut } from "@/shared/format/names";

interface Props {
  text: string;
  /** How many letters at its end always stay. */
  end?: number;
  title?: string;
}

/**
 * A text of any length on one line. If there is not enough space, its middle is left out, because texts with equal starts differ at the end. In
 * full in its title, and for screen readers, which would read two elements with a space between them.
 */
export function MiddleCut({ text, end, title = text }: Props) {
  const [start, rest] = middleCut(text, end);
  if (rest === "") {
    return (
      <span className="middle-cut" title={title}>
        <span>{start}</span>
      </span>
    );
  }
  return (
    <span className="middle-cut" title={title}>
      <span className="visually-hidden">{text}</span>
      <span aria-hidden>{start}</span>
      <span className="middle-cut-end" aria-hidden>
        {rest}
      </span>
    </span>
  );
}

/** The same as a link. */
export function CutLink({ to, text }: { to: string; text: string }) {
  return (
    <Link to={to}>
      <MiddleCut text={text} />
    </Link>
  );
}
