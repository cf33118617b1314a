import { useCredentials, useEnvironmentCredentials } from "@/features/credentials/api/credentials";
import { useRights, useSession } from "@/shared/session/useSession";
import type { ClusterForm } from "./clusterForm";
import { awsChoices, chosenOf, keyChoices, type CredentialChoice } from "./credentialChoices";

export interface CredentialChoices {
  aws: CredentialChoice[];
  keys: CredentialChoice[];
  /** Why they could not be loaded. */
  error: Error | null;
  /** The form with the effective choices; unchanged while they are unknown. */
  settle: (form: ClusterForm) => ClusterForm;
}

/** The credentials for a new cluster, requested if its provider needs any. */
export function useCredentialChoices(provider: ClusterForm["provider"]): CredentialChoices {
  const sets = useCredentials(provider !== "local");
  const environment = useEnvironmentCredentials(provider === "ec2");
  const { data: session } = useSession();
  const { may } = useRights();
  const me = session?.user.id ?? "";
  const aws = awsChoices(sets.data ?? [], environment.data ?? { allowed: false, available: false }, me);
  const keys = keyChoices(sets.data ?? [], me, may("use_key_file"));
  return {
    aws,
    keys,
    error: sets.error ?? environment.error,
    settle: (form) => ({
      ...form,
      ...(sets.data !== undefined && environment.data !== undefined ? { credentials: chosenOf(form.credentials, aws) } : {}),
      ...(sets.data !== undefined ? { sshKey: chosenOf(form.sshKey, keys) } : {}),
    }),
  };
}
