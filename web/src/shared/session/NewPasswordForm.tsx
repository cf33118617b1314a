import { useState } from "react";
import { SecretField } from "@/shared/forms/fields";
import { fieldsAt, useCheckedForm, type Checked, type FieldFaults } from "@/shared/forms/useCheckedForm";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useSetPassword, type PasswordChange } from "./useSetPassword";

interface PasswordForm {
  current: string;
  password: string;
}

const fieldOf = fieldsAt<PasswordForm>({ "/password": "password", "/current": "current" }, { password_weak: "password", password_wrong: "current", sign_in_failed: "current" });

interface Props {
  /** The user name, for the browser's password manager. */
  userName: string;
  /** The current password is required. */
  asksCurrent: boolean;
  action: string;
  onDone: () => void;
  /** Next to the button. */
  children?: React.ReactNode;
}

/** Sets or changes the user's own password: typed once, shown on request, checked by the server. */
export function NewPasswordForm({ userName, asksCurrent, action, onDone, children }: Props) {
  const [shown, setShown] = useState(false);
  const save = useSetPassword();
  const { form, unplaced } = useCheckedForm({
    first: { current: "", password: "" },
    check: ({ current, password }: PasswordForm): Checked<PasswordForm, PasswordChange> => {
      const faults: FieldFaults<PasswordForm> = {};
      if (password === "") faults.password = "Enter a password.";
      if (asksCurrent && current === "") faults.current = "Enter your current password.";
      if (Object.keys(faults).length > 0) return { request: null, faults };
      return { request: asksCurrent ? { current, password } : { password }, faults };
    },
    sends: save,
    fieldOf,
  });
  const submit = form.handleSubmit((change) => {
    if (save.isPending) return;
    save.mutate(change, {
      onSuccess: () => {
        form.reset();
        save.reset();
        onDone();
      },
    });
  });
  return (
    <form noValidate aria-label="Password" onSubmit={(event) => void submit(event)}>
      <input type="text" name="username" autoComplete="username" value={userName} readOnly hidden />
      {asksCurrent && <SecretField form={form} name="current" label="Current password" autoComplete="current-password" />}
      <SecretField form={form} name="password" label="New password" help="A sentence of several words is easy to remember and hard to guess." type={shown ? "text" : "password"} />
      <label className="show-password">
        <input type="checkbox" className="form-check-input" checked={shown} onChange={(event) => setShown(event.target.checked)} /> Show password
      </label>
      {unplaced !== null && <ErrorBox error={unplaced} />}
      <div className="form-actions">
        <button type="submit" className="btn btn-primary" disabled={save.isPending}>
          {save.isPending ? "Saving…" : action}
        </button>
        {children}
      </div>
    </form>
  );
}
