import { Link } from "react-router";
import { middleCut } from "@/shared/format/names";

/** A name of any length on one line. Where there is no room it loses its middle: names that begin alike differ at their end. Whole in its title. */
export function MiddleCut({ text }: { text: string }) {
  const [start, end] = middleCut(text);
  return (
    <span className="middle-cut" title={text}>
      <span>{start}</span>
      {end !== "" && <span>{end}</span>}
    </span>
  );
}

/** The same as a link. Its name is given whole: from two boxes it would be read with a space between them. */
export function CutLink({ to, text }: { to: string; text: string }) {
  return (
    <Link to={to} aria-label={text}>
      <MiddleCut text={text} />
    </Link>
  );
}
