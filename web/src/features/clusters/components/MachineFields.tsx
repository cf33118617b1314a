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
            One a line or with commas; the first is the master. They reach each other under these names too.
            {hosts.length > 0 && (
              <>
                {" "}
                <strong>{sizeWords(hosts.length - 1)}.</strong>
              </>
            )}
          </>
        }
      />
      <FormText {...props} field="user" label="User" technical placeholder="jac" help="Who signs in on the machines. No root is needed." />
      <FormText
        {...props}
        field="keyFile"
        label="Key file"
        technical
        placeholder="/home/jac/.ssh/jac_key"
        help="A path on the server, not on your computer: the private key, without a passphrase, stays in its file there and is read for each connection. JAC keeps no copy that would have to be protected."
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
            The machines’ own keys, as lines of a <code>known_hosts</code> file; of a whole file only theirs are kept. <code>ssh-keyscan load-1</code> prints them: compare before you trust. A machine with another key is refused.
          </>
        }
      />
    </>
  );
}
