import { ApiError } from "@/shared/api/client";

/** A refusal beside the field it is about: by the JSON pointer, or by a code that can be about this field only. */
export function refusalAt(error: Error | null, field: string, ...codes: string[]): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.field === field || (error.field === null && codes.includes(error.code)) ? error.message : undefined;
}

export function hasCode(error: Error | null, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
