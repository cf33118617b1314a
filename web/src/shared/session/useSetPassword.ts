import { useMutation, useQueryClient } from "@tanstack/react-query";
import { putNothing } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { hasCode, refusalAt } from "@/shared/ui/refusal";

export interface PasswordChange {
  current?: string;
  password: string;
}

/** Errors that can only be about one of the two fields. */
const CODES = { "/password": ["password_weak"], "/current": ["password_wrong", "sign_in_failed"] };

/** An error at one of the two fields. */
export function passwordFault(error: Error | null, field: "/password" | "/current"): string | undefined {
  const refused = refusalAt(error, field, ...CODES[field]);
  // The server's sentence is that of a sign-in; here the name is known.
  return refused !== undefined && hasCode(error, "sign_in_failed") ? "Wrong password." : refused;
}

export function useSetPassword() {
  const client = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (change: PasswordChange) => putNothing("/account/password", change),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.session }), client.invalidateQueries({ queryKey: keys.sessions })]),
  });
}
