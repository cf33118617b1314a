import { useState } from "react";
import { Link } from "react-router";
import { Field } from "@/shared/ui/Field";
import { isBelowFold } from "../clusterForm";
import { FormText, type FormProps } from "./FormText";

/** What most clusters leave as it is; unfolded as long as a fault is in it. */
export function Ec2Advanced(props: FormProps) {
  const { form, faults, onChange } = props;
  const [open, setOpen] = useState(false);
  const needed = isBelowFold(faults);
  return (
    <details
      className="form-part form-fold"
      open={open || needed}
      onToggle={({ currentTarget }) => {
        if (needed) currentTarget.open = true;
        setOpen(currentTarget.open);
      }}
    >
      <summary>Network, access, tags, credentials</summary>
      <div className="field-pair">
        <FormText {...props} field="vpc" label="VPC" technical placeholder="default VPC" help="vpc-…" />
        <FormText {...props} field="securityGroup" label="Security group" technical placeholder="JAC makes one" help="sg-…: it lets the server in on port 22 and the nodes reach each other." />
      </div>
      <FormText {...props} field="subnets" label="Subnets" lines={2} technical placeholder="a default subnet of the VPC" help="subnet-…, one a line; nodes are dealt out among them. They need no way to the internet." />
      <div className="field-pair">
        <FormText {...props} field="sshFrom" label="SSH from" technical placeholder="the server’s address" help="A block of addresses, such as 203.0.113.7/32." />
        <FormText {...props} field="keyName" label="Key pair" technical placeholder="none needed" help="One of the account, to sign in by hand. JAC makes keys of its own." />
      </div>
      <FormText {...props} field="tags" label="Tags" lines={2} technical placeholder={"team=shop\ncost-centre=42"} help="NAME=VALUE, one a line, on everything that is made. JAC’s own come along." />
      <FormText {...props} field="workersMayFail" label="Workers that may fail to come up" numeric help="The cluster is then made of the others. 0 wants all of them." />
      <Field
        label="Credentials"
        help={
          <>
            Saved ones are under <Link to="/settings">Settings</Link>.
          </>
        }
      >
        {(attributes) => (
          <select {...attributes} className="form-select" value={form.credentials} onChange={(event) => onChange({ ...form, credentials: event.target.value === "environment" ? "environment" : "saved" })}>
            <option value="saved">the saved ones; without any, those of the server’s environment</option>
            <option value="environment">those of the server’s environment</option>
          </select>
        )}
      </Field>
    </details>
  );
}
