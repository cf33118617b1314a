import type { UserView } from "@/shared/api/types";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { useChangePerson } from "../api/people";

/** Disables an account, or enables it again; nothing that it owns changes. */
export function DisableDialog({ person, onClose }: { person: UserView; onClose: () => void }) {
  const change = useChangePerson(person.id);
  const disable = person.disabled !== true;
  return (
    <ConfirmDialog
      title={disable ? `Disable ${person.name}` : `Enable ${person.name}`}
      action={disable ? "Disable" : "Enable"}
      tone={disable ? "danger" : "primary"}
      request={change}
      onConfirm={() => change.mutate({ disabled: disable }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        {disable
          ? "Their sessions end immediately and their tokens stop working. They keep what they own: clusters keep running until they expire, and runs continue."
          : "They can sign in again with their password or company account, and their tokens work again."}
      </p>
    </ConfirmDialog>
  );
}
