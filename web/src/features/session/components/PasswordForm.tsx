import { useState } from "react";
import { ApiError } from "@/shared/api/client";
import { serverNow } from "@/shared/api/serverClock";
import { formatDuration } from "@/shared/format/time";
import { SecretField, TextField } from "@/shared/forms/fields";
import { useCheckedForm, type Checked, type FieldFaults } from "@/shared/forms/useCheckedForm";
import { Note } from "@/shared/ui/Note";
import { useNow } from "@/shared/ui/useNow";
import { usePasswordSignIn } from "../api/useSignIn";
import { passwordSignInFault, sessionsFault } from "../signInWords";
import { SignInFault } from "./SignInFault";

/** Name and password; after too many wrong attempts it says how long to wait, and waits. */
export function PasswordForm({ onDone }: { onDone: () => void }) {
  const { form } = useCheckedForm({ first: { name: "", password: "" }, check });
  const [delay, setDelay] = useState({ seconds: 0, until: 0 });
  const now = useNow();
  const signIn = usePasswordSignIn();
  // The displayed time is updated once a second, and may be a little behind.
  const left = Math.min(delay.seconds, Math.ceil((delay.until - now) / 1000));
  const delayed = left > 0;
  const { error } = signIn;
  const isDelay = error instanceof ApiError && error.code === "sign_in_delayed";
  const wrong = error === null ? null : passwordSignInFault(error);

  const submit = form.handleSubmit(({ name, password }) => {
    if (signIn.isPending || delayed) return;
    signIn.mutate(
      { name, password },
      {
        onSuccess: onDone,
        onError: (refused) => {
          // After a server error the password may still be correct: the same may be sent again.
          const wrong = refused instanceof ApiError && refused.status >= 400 && refused.status < 500;
          form.reset({ ...form.getValues(), ...(wrong ? { password: "" } : {}) });
          if (!(refused instanceof ApiError) || refused.code !== "sign_in_delayed") return;
          const seconds = refused.retryAfterS ?? 30;
          setDelay({ seconds, until: serverNow() + seconds * 1000 });
        },
      },
    );
  });
  return (
    <form noValidate aria-label="Sign in" onSubmit={(event) => void submit(event)}>
      <TextField form={form} name="name" label="Name" autoComplete="username" />
      <SecretField form={form} name="password" label="Password" autoComplete="current-password" />
      <div role="status" className="sign-in-error">
        {wrong !== null && <Note tone="failed">{wrong}</Note>}
        {isDelay && (
          <Note tone="attention">
            {delayed ? (
              <>
                Too many failed attempts. Try again in <strong>{formatDuration(left)}</strong>.
              </>
            ) : (
              "You can try again now."
            )}
          </Note>
        )}
      </div>
      {error !== null && wrong === null && !isDelay && <SignInFault error={error} words={sessionsFault(error)} />}
      <button type="submit" className="btn btn-primary sign-in-button" disabled={signIn.isPending || delayed}>
        {signIn.isPending ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}

interface SignInForm {
  name: string;
  password: string;
}

function check({ name, password }: SignInForm): Checked<SignInForm, SignInForm> {
  const faults: FieldFaults<SignInForm> = {};
  if (name.trim() === "") faults.name = "Enter your name.";
  if (password === "") faults.password = "Enter your password.";
  return { request: Object.keys(faults).length > 0 ? null : { name: name.trim(), password }, faults };
}
