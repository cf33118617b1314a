import { ApiError } from "@/shared/api/client";

export function hasCode(error: Error | null, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
