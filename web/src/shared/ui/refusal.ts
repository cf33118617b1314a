import { ApiError } from "@/shared/api/client";

/** An error at its field: by the JSON pointers of its faults, or by a code that can only be about this field. */
export function refusalAt(error: Error | null, field: string, ...codes: string[]): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const here = error.faults.filter((fault) => fault.field === field).map(({ message }) => message);
  if (here.length > 0) return here.join(" ");
  return error.faults.every((fault) => fault.field === null) && codes.includes(error.code) ? error.message : undefined;
}

export function hasCode(error: Error | null, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
