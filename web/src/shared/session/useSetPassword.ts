import { useMutation, useQueryClient } from "@tanstack/react-query";
import { putNothing } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { hasCode, refusalAt } from "@/shared/ui/refusal";

export interface PasswordChange {
  current?: string;
  password: string;
}

/** Refusals that can be about one of the two fields only. */
const CODES = { "/password": "password_weak", "/current": "sign_in_failed" };

/** A refusal that stands beside one of the two fields. */
export function passwordFault(error: Error | null, field: "/password" | "/current"): string | undefined {
  const refused = refusalAt(error, field, CODES[field]);
  // The server says the same of every sign-in; here the name is known.
  return refused !== undefined && hasCode(error, CODES["/current"]) ? "Wrong password." : refused;
}

export function useSetPassword() {
  const client = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (change: PasswordChange) => putNothing("/account/password", change),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.session }), client.invalidateQueries({ queryKey: keys.sessions })]),
  });
}
