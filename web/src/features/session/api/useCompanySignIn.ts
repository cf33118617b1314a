import { useMutation } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";

/** Where the company's sign-in is; the page leaves for it. */
export function useCompanySignIn() {
  return useMutation({ mutationFn: () => postJson<{ url: string }>("/session/company", {}) });
}
