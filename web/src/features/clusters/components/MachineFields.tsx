import { sizeWords } from "../clusterWords";
import { KEY_FILE, type CredentialChoice } from "../credentialChoices";
import { readHosts } from "../machines";
import { CredentialField } from "./CredentialField";
import { FormText, type FormProps } from "./FormText";

/** The machines of a cluster over SSH: hosts, SSH user and key, and host keys. */
export function MachineFields({ choices, ...props }: FormProps & { choices: CredentialChoice[] }) {
  const { form, faults, onChange } = props;
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
      <CredentialField label="SSH key" choices={choices} value={form.sshKey} none="Save an SSH key first," fault={faults.sshKey} onChange={(sshKey) => onChange({ ...form, sshKey })} />
      {form.sshKey === KEY_FILE && (
        <FormText
          {...props}
          field="keyFile"
          label="Key file"
          technical
          placeholder="/home/jac/.ssh/jac_key"
          help="Path of the private key (without passphrase) on the server, not on your computer. JAC reads it for each connection and stores no copy."
        />
      )}
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
