/** Brings the errors of a form into view: a form may be longer than the window, and an error that is not seen looks like a button that does nothing. */
import { useEffect, useRef, type RefObject } from "react";

/** Scrolls to the first error at a field, and focuses that field. */
export function goToFirstFault(form: Element | null): void {
  const field = form?.querySelector(".field-fault")?.closest(".field, .criterion-row");
  if (field == null) return;
  expand(field);
  (field.querySelector<HTMLElement>('[aria-invalid="true"]') ?? field.querySelector<HTMLElement>("input, select, textarea"))?.focus();
  field.scrollIntoView({ block: "nearest" });
}

/** Expands the part of the form that hides this element. */
function expand(element: Element): void {
  const folded = element.closest("details");
  if (folded !== null) folded.open = true;
}

/** The element around a form's fields. Scrolls to the first error at a field, or to what is shown at the end of the form, for each new `answer` of the server. */
export function useAnswerInView(answer: object | null): RefObject<HTMLDivElement | null> {
  const fields = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (answer === null) return;
    const found = fields.current?.querySelector(".field-fault")?.closest(".field") ?? [...(fields.current?.querySelectorAll(".forecast, .note-failed") ?? [])].at(-1);
    if (found === undefined) return;
    expand(found);
    found.scrollIntoView({ block: "nearest" });
  }, [answer]);
  return fields;
}
