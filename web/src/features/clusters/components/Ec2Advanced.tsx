import { useState } from "react";
import { isBelowFold } from "../clusterForm";
import { FormText, type FormProps } from "./FormText";

/** Settings that most clusters leave unchanged; expanded while one of them has an error. */
export function Ec2Advanced(props: FormProps) {
  const { faults } = props;
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
      <summary>Capacity, network, access, tags</summary>
      <FormText
        {...props}
        field="fallbackTypes"
        label="Fallback worker types"
        technical
        placeholder="none"
        help="Used in this order where AWS has no capacity for the worker type, e.g. c5.large, m6i.large."
      />
      <div className="field-pair">
        <FormText {...props} field="vpc" label="VPC" technical placeholder="default VPC" help="vpc-…" />
        <FormText {...props} field="securityGroup" label="Security group" technical placeholder="created by JAC" help="sg-…: must allow port 22 from the server and all traffic between the nodes." />
      </div>
      <FormText
        {...props}
        field="subnets"
        label="Subnets"
        lines={2}
        technical
        placeholder="default subnet of the VPC"
        help="subnet-…, one per line. Nodes are spread across subnets; no internet access required."
      />
      <div className="field-pair">
        <FormText {...props} field="sshFrom" label="SSH from" technical placeholder="the server’s address" help="CIDR block, e.g. 203.0.113.7/32." />
        <FormText {...props} field="keyName" label="Key pair" technical placeholder="none" help="Optional EC2 key pair for manual SSH. JAC uses its own keys." />
      </div>
      <FormText {...props} field="tags" label="Tags" lines={2} technical placeholder={"team=shop\ncost-centre=42"} help="NAME=VALUE, one per line, for all resources. JAC adds its own tags." />
      <FormText {...props} field="workersMayFail" label="Tolerated worker launch failures" numeric help="The cluster runs with the others. 0 = none." />
    </details>
  );
}
