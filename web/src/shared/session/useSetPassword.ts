import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, putNothing } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

export interface PasswordChange {
  current?: string;
  password: string;
}

/** A refusal that stands beside one of the two fields. */
export function passwordFault(error: Error | null, field: "/password" | "/current"): string | undefined {
  return error instanceof ApiError && error.field === field ? error.message : undefined;
}

export function useSetPassword() {
  const client = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (change: PasswordChange) => putNothing("/account/password", change),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.session }), client.invalidateQueries({ queryKey: keys.sessions })]),
  });
}
