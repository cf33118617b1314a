import { useMutation } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";

/** The address of the identity provider's sign-in; the page redirects to it. */
export function useCompanySignIn() {
  return useMutation({ mutationFn: () => postJson<{ url: string }>("/session/company", {}) });
}
