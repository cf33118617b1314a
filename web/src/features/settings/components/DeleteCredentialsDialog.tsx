import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { useDeleteAwsCredentials } from "../api/useDeleteAwsCredentials";

export function DeleteCredentialsDialog({ onClose }: { onClose: () => void }) {
  const forget = useDeleteAwsCredentials();
  return (
    <ConfirmDialog
      title="Delete the saved AWS credentials"
      cancel="Keep them"
      action="Delete"
      tone="danger"
      request={forget}
      onConfirm={() => forget.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>The server forgets them. Clusters on EC2 are then made with what its environment gives. In AWS nothing changes: a key that is no longer wanted is to be deactivated there.</p>
    </ConfirmDialog>
  );
}
