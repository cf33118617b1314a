import type { UserView } from "@/shared/api/types";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { useResetLink } from "../api/people";
import { LinkDialog } from "./LinkDialog";

/** For a user who forgot the password, or never used the invitation. */
export function ResetDialog({ person, onClose }: { person: UserView; onClose: () => void }) {
  const link = useResetLink(person.id);
  if (link.data !== undefined) return <LinkDialog title={`Sign-in link for ${person.name}`} name={person.name} made={link.data} onClose={onClose} />;
  return (
    <ConfirmDialog title={`Sign-in link for ${person.name}`} action="Create link" busy="Creating…" tone="primary" request={link} onConfirm={() => link.mutate()} onClose={onClose}>
      <p>Creates a one-time link with which {person.name} signs in and sets a new password. The old password works until then; earlier links stop working.</p>
    </ConfirmDialog>
  );
}
