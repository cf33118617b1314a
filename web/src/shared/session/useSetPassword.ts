import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, putNothing } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

export interface PasswordChange {
  current?: string;
  password: string;
}

export function useSetPassword() {
  const client = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (change: PasswordChange) =>
      putNothing("/account/password", change).catch((error: unknown) => {
        // The server's sentence is that of a sign-in; here the name is known.
        if (error instanceof ApiError && error.code === "sign_in_failed") error.message = "Wrong password.";
        throw error;
      }),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.session }), client.invalidateQueries({ queryKey: keys.sessions })]),
  });
}
