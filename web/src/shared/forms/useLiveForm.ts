import { useForm, useWatch, type DefaultValues, type FieldValues, type Path } from "react-hook-form";

/**
 * A form of React Hook Form that is computed as it is typed: what it would do is shown at once, by the rules and by the server. Its parts, which
 * several dialogs share, get all values and replace them.
 */
export function useLiveForm<Values extends FieldValues>(first: Values) {
  const { control, setValue, handleSubmit, formState } = useForm<Values>({ defaultValues: first as DefaultValues<Values> });
  const values = useWatch({ control }) as Values;
  const setValues = (next: Values) => {
    for (const name of Object.keys(next) as Path<Values>[]) {
      if (next[name] !== values[name]) setValue(name, next[name]);
    }
  };
  return {
    values,
    setValues,
    /** There was an attempt to submit it: missing values are errors from then on. */
    tried: formState.isSubmitted,
    /** What to do with `send`, for the dialog. */
    submitBy: (send: () => void) => handleSubmit(send),
  };
}
