import { useState } from "react";
import { Field } from "@/shared/ui/Field";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { passwordFault, useSetPassword } from "./useSetPassword";

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
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [tried, setTried] = useState(false);
  const save = useSetPassword();
  const missing = tried && password === "" ? "Enter a password." : undefined;
  const missingCurrent = tried && asksCurrent && current === "" ? "Enter your current password." : undefined;
  const beside = [passwordFault(save.error, "/password"), passwordFault(save.error, "/current")];
  const submit = () => {
    setTried(true);
    if (password === "" || (asksCurrent && current === "") || save.isPending) return;
    save.mutate(asksCurrent ? { current, password } : { password }, {
      onSuccess: () => {
        setCurrent("");
        setPassword("");
        setTried(false);
        save.reset();
        onDone();
      },
    });
  };
  const changed = () => {
    if (save.isError) save.reset();
  };
  return (
    <form
      noValidate
      aria-label="Password"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <input type="text" name="username" autoComplete="username" value={userName} readOnly hidden />
      {asksCurrent && (
        <Field label="Current password" fault={beside[1] ?? missingCurrent}>
          {(attributes) => (
            <input
              {...attributes}
              type="password"
              autoComplete="current-password"
              value={current}
              onChange={(event) => {
                setCurrent(event.target.value);
                changed();
              }}
            />
          )}
        </Field>
      )}
      <Field label="New password" help="A sentence of several words is easy to remember and hard to guess." fault={beside[0] ?? missing}>
        {(attributes) => (
          <input
            {...attributes}
            type={shown ? "text" : "password"}
            autoComplete="new-password"
            value={password}
            onChange={(event) => {
              setPassword(event.target.value);
              changed();
            }}
          />
        )}
      </Field>
      <label className="show-password">
        <input type="checkbox" className="form-check-input" checked={shown} onChange={(event) => setShown(event.target.checked)} /> Show password
      </label>
      {save.error !== null && beside[0] === undefined && beside[1] === undefined && <ErrorBox error={save.error} />}
      <div className="form-actions">
        <button type="submit" className="btn btn-primary" disabled={save.isPending}>
          {save.isPending ? "Saving…" : action}
        </button>
        {children}
      </div>
    </form>
  );
}
