import { Link } from "react-router";
import { middleCut } from "@/shared/format/names";

/** A name of any length on one line. If there is not enough space, its middle is left out, because names with equal starts differ at the end. In full in its title. */
export function MiddleCut({ text }: { text: string }) {
  const [start, end] = middleCut(text);
  return (
    <span className="middle-cut" title={text}>
      <span>{start}</span>
      {end !== "" && <span>{end}</span>}
    </span>
  );
}

/** The same as a link. Its accessible name is the full name: two elements would be read with a space between them. */
export function CutLink({ to, text }: { to: string; text: string }) {
  return (
    <Link to={to} aria-label={text}>
      <MiddleCut text={text} />
    </Link>
  );
}
