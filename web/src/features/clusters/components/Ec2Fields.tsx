import { Field, Switch } from "@/shared/ui/Field";
import { INSTANCE_TYPES, REGIONS } from "../ec2Places";
import type { CredentialChoice } from "../credentialChoices";
import { CredentialField } from "./CredentialField";
import { Ec2Advanced } from "./Ec2Advanced";
import { FormText, type FormProps } from "./FormText";
import { ImageField } from "./ImageField";

/** The EC2 settings of a cluster: region, instance types, number and image; everything else is collapsed below. */
export function Ec2Fields({ choices, ...props }: FormProps & { choices: CredentialChoice[] }) {
  const { form, faults, onChange } = props;
  return (
    <>
      <CredentialField
        label="Credentials"
        choices={choices}
        value={form.credentials}
        none="Save an AWS access key or role first,"
        fault={faults.credentials}
        onChange={(credentials) => onChange({ ...form, credentials })}
      />
      <FormText {...props} field="region" label="Region" technical suggestions={REGIONS} placeholder="default region" help="e.g. eu-central-1, close to the system under test." />
      <FormText {...props} field="workers" label="Workers" numeric help="Machines that generate the load, in addition to the master. 0 = master only." />
      <div className="field-pair">
        <FormText {...props} field="masterType" label="Master type" technical suggestions={INSTANCE_TYPES} help="Collects samples from all workers." />
        <FormText {...props} field="workerType" label="Worker type" technical suggestions={INSTANCE_TYPES} help="x86 or Arm." />
      </div>
      <ImageField {...props} />
      <div className="field-pair">
        <FormText {...props} field="diskGb" label="Disk per machine" numeric unit="GB" help="The master stores the results." />
        <Field label="Connect via" help={form.addresses === "private" ? "The server must be in, or connected to, their network." : "SSH is allowed from the server only."}>
          {(attributes) => (
            <select {...attributes} className="form-select" value={form.addresses} onChange={(event) => onChange({ ...form, addresses: event.target.value === "private" ? "private" : "public" })}>
              <option value="public">public IPs</option>
              <option value="private">private IPs</option>
            </select>
          )}
        </Field>
      </div>
      <Switch
        label="Spot instances"
        help="Spare capacity at a lower price. AWS may reclaim them at any time with two minutes’ notice; the run is then aborted."
        checked={form.spot}
        onChange={(spot) => onChange({ ...form, spot })}
      />
      <Ec2Advanced {...props} />
    </>
  );
}
