import { sizeWords } from "../clusterWords";
import { readHosts } from "../machines";
import { FormText, type FormProps } from "./FormText";

/** The machines of a cluster over SSH: which, who signs in with what, and how they are known. */
export function MachineFields(props: FormProps) {
  const { hosts } = readHosts(props.form.hosts, Infinity);
  return (
    <>
      <FormText
        {...props}
        field="hosts"
        label="Hosts"
        lines={3}
        technical
        placeholder={"load-1\nload-2:2222"}
        help={
          <>
            One per line or comma-separated; the first is the master. The hosts must reach each other under these names.
            {hosts.length > 0 && (
              <>
                {" "}
                <strong>{sizeWords(hosts.length - 1)}.</strong>
              </>
            )}
          </>
        }
      />
      <FormText {...props} field="user" label="SSH user" technical placeholder="jac" help="Needs no root permissions." />
      <FormText
        {...props}
        field="keyFile"
        label="Key file"
        technical
        placeholder="/home/jac/.ssh/jac_key"
        help="Path of the private key (without passphrase) on the server, not on your computer. JAC reads it for each connection and stores no copy."
      />
      <FormText
        {...props}
        field="knownHosts"
        label="Known hosts"
        lines={3}
        technical
        placeholder="load-1 ssh-ed25519 AAAA…"
        help={
          <>
            Host keys in <code>known_hosts</code> format, e.g. from <code>ssh-keyscan load-1</code>; other entries are ignored. Verify the fingerprints. Unknown host keys are rejected.
          </>
        }
      />
    </>
  );
}
