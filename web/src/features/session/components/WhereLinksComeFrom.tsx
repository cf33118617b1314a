export function Command() {
  return <code className="sign-in-command">jac admin link</code>;
}

/** For users who have neither a password nor single sign-on. */
export function WhereLinksComeFrom({ only }: { only: boolean }) {
  return (
    <div className="sign-in-links">
      {!only && <h2>No password yet?</h2>}
      <p>{only ? "Open the one-time link that your administrator sent you in this browser." : "Open the one-time link from your administrator in this browser."}</p>
      <p>On a new server, JAC prints the first link when it starts. To get another, run this on the JAC server:</p>
      <Command />
    </div>
  );
}
