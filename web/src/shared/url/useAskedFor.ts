import { useState } from "react";
import { useUrlParameters } from "./useUrlParameters";

/** Whether a dialog is open: initially if the link has a parameter for it (`?add`), which closing removes from the URL, so that a reload does not open it again. */
export function useAskedFor(parameter: string): [boolean, (open: boolean) => void] {
  const [parameters, change] = useUrlParameters();
  const [open, setOpen] = useState(() => parameters.has(parameter));
  const set = (next: boolean) => {
    setOpen(next);
    if (!next && parameters.has(parameter)) change((url) => url.delete(parameter));
  };
  return [open, set];
}
