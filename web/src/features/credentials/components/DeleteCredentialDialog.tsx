import type { CredentialView } from "@/shared/api/types";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { useDeleteCredential } from "../api/credentials";

export function DeleteCredentialDialog({ credential, onClose }: { credential: CredentialView; onClose: () => void }) {
  const removal = useDeleteCredential(credential.id);
  return (
    <RemovalDialog verb="Delete" what={credential.name} request={removal} onConfirm={() => removal.mutate(undefined, { onSuccess: onClose })} onClose={onClose}>
      <p>
        {credential.kind === "ssh_key"
          ? "Removes the key from JAC. Remove its public half from your machines if it is no longer needed."
          : "Removes the credentials from JAC. Deactivate the key in AWS if it is no longer needed."}
      </p>
    </RemovalDialog>
  );
}
