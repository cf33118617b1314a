import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useDeleteAwsCredentials } from "../api/useDeleteAwsCredentials";

export function DeleteCredentialsDialog({ onClose }: { onClose: () => void }) {
  const forget = useDeleteAwsCredentials();
  return (
    <Dialog
      title="Delete the saved AWS credentials"
      onClose={onClose}
      onSubmit={() => forget.mutate(undefined, { onSuccess: onClose })}
      footer={
        <>
          <button type="button" className="btn btn-outline-secondary" onClick={onClose}>
            Keep them
          </button>
          <button type="submit" className="btn btn-danger" disabled={forget.isPending}>
            Delete
          </button>
        </>
      }
    >
      <div className="stack">
        <p>The server forgets them. Clusters on EC2 are then made with what its environment gives. In AWS nothing changes: a key that is no longer wanted is to be deactivated there.</p>
        {forget.error !== null && <ErrorBox error={forget.error} />}
        <span />
      </div>
    </Dialog>
  );
}
