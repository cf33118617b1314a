import type { CredentialView } from "@/shared/api/types";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { useDeleteCredential } from "../api/credentials";

export function DeleteCredentialDialog({ credential, onClose }: { credential: CredentialView; onClose: () => void }) {
  const removal = useDeleteCredential(credential.id);
  return (
    <ConfirmDialog
      title={`Delete ${credential.name}`}
      cancel="Keep it"
      action="Delete"
      tone="danger"
      request={removal}
      onConfirm={() => removal.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        {credential.kind === "ssh_key"
          ? "Removes the key from JAC. Remove its public half from your machines if it is no longer needed."
          : "Removes the credentials from JAC. Deactivate the key in AWS if it is no longer needed."}
      </p>
    </ConfirmDialog>
  );
}
