/** Forms with React Hook Form: their rules are one pure function, and the server's errors are shown at their fields. */
import { useEffect, useMemo } from "react";
import { useForm, type DefaultValues, type FieldErrors, type FieldPath, type FieldValues, type UseFormReturn } from "react-hook-form";
import { ApiError } from "@/shared/api/client";
import type { Fault } from "@/shared/api/types";

/** The messages of the fields that are wrong. */
export type FieldFaults<Values extends FieldValues> = Partial<Record<FieldPath<Values>, string>>;

/** The result of a form's rules. */
export interface Checked<Values extends FieldValues, Request> {
  /** What is sent; null while there are errors. */
  request: Request | null;
  faults: FieldFaults<Values>;
}

/** A form that sends a request. */
export type CheckedForm<Values extends FieldValues, Request> = UseFormReturn<Values, unknown, Request>;

/** The field of one of the server's errors; null: none that is shown. */
export type FieldOf<Values extends FieldValues> = (fault: Fault) => FieldPath<Values> | null;

/** Fields by JSON pointer, and by the code of an error without a pointer that can only be about one field. */
export function fieldsAt<Values extends FieldValues>(pointers: Record<string, FieldPath<Values>>, codes: Record<string, FieldPath<Values>> = {}): FieldOf<Values> {
  return (fault) => (fault.field === null ? codes[fault.code] : pointers[fault.field]) ?? null;
}

interface Options<Values extends FieldValues, Request> {
  /** The values when it opens. */
  first: Values;
  /** These values may be wrong, as they come from a link: they are checked at once. */
  checksFirst?: boolean;
  /** Its errors are shown from the first attempt to submit on, and after that at each change. */
  check: (values: Values) => Checked<Values, Request>;
  /** The mutation that sends the request. Its error is removed by the next change: it was about other values. */
  sends?: { error: Error | null; reset: () => void };
  /** The same function in each render. Absent: the server's errors are about no single field. */
  fieldOf?: FieldOf<Values>;
}

/** The form, and the error of the last request unless all of it is shown at fields. */
export function useCheckedForm<Values extends FieldValues, Request extends FieldValues>({
  first,
  checksFirst = false,
  check,
  sends,
  fieldOf = nowhere,
}: Options<Values, Request>): {
  form: CheckedForm<Values, Request>;
  unplaced: Error | null;
} {
  const error = sends?.error ?? null;
  const reset = sends?.reset;
  const refused = useMemo(() => placedFaults(error, fieldOf), [error, fieldOf]);
  const form = useForm<Values, unknown, Request>({
    defaultValues: first as DefaultValues<Values>,
    resolver: (values) => {
      const { request, faults } = check(values);
      return request === null ? { values: {}, errors: errorsOf(faults, "check") } : { values: request, errors: {} };
    },
    ...(refused === null ? {} : { errors: errorsOf(refused, "server") }),
  });
  const { subscribe, trigger } = form;
  useEffect(() => {
    if (checksFirst) void trigger();
  }, [checksFirst, trigger]);
  useEffect(() => (error === null || reset === undefined ? undefined : subscribe({ formState: { values: true }, callback: reset })), [error, subscribe, reset]);
  return { form, unplaced: refused === null ? error : null };
}

const nowhere = () => null;

function errorsOf<Values extends FieldValues>(faults: FieldFaults<Values>, type: string): FieldErrors<Values> {
  const errors = Object.entries(faults).map(([field, message]) => [field, { type, message }] as const);
  return Object.fromEntries(errors) as FieldErrors<Values>;
}

/** The server's errors by field; null: the answer has none, or one that is about no field of the form. */
export function placedFaults<Values extends FieldValues>(error: Error | null, fieldOf: FieldOf<Values>): FieldFaults<Values> | null {
  if (!(error instanceof ApiError)) return null;
  const faults = error.faults.length > 0 ? error.faults : [{ field: null, message: error.message, code: error.code }];
  const placed: FieldFaults<Values> = {};
  for (const fault of faults) {
    const field = fieldOf(fault);
    if (field === null) return null;
    placed[field] = placed[field] === undefined ? fault.message : `${placed[field]} ${fault.message}`;
  }
  return placed;
}
