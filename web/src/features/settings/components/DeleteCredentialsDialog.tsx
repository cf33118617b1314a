import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { useDeleteAwsCredentials } from "../api/useDeleteAwsCredentials";

export function DeleteCredentialsDialog({ onClose }: { onClose: () => void }) {
  const forget = useDeleteAwsCredentials();
  return (
    <ConfirmDialog
      title="Delete saved AWS credentials"
      cancel="Keep them"
      action="Delete"
      tone="danger"
      request={forget}
      onConfirm={() => forget.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>Removes the credentials from JAC; clusters on EC2 then use the server’s environment. Deactivate the key in AWS if it is no longer needed.</p>
    </ConfirmDialog>
  );
}
