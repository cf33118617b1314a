import { Field, Switch } from "@/shared/ui/Field";
import { INSTANCE_TYPES, REGIONS } from "../ec2Places";
import { Ec2Advanced } from "./Ec2Advanced";
import { FormText, type FormProps } from "./FormText";
import { ImageField } from "./ImageField";

/** The machines of a cluster on EC2: where, which, how many, what they boot; everything else is folded below. */
export function Ec2Fields(props: FormProps) {
  const { form, onChange } = props;
  return (
    <>
      <FormText {...props} field="region" label="Region" technical suggestions={REGIONS} placeholder="the one of the credentials" help="eu-central-1 and the like. Near what is tested, unless the way there is a part of the test." />
      <FormText {...props} field="workers" label="Workers" numeric help="Machines that make the load; one more, the master, collects. 0 is the master alone." />
      <div className="field-pair">
        <FormText {...props} field="masterType" label="Type of the master" technical suggestions={INSTANCE_TYPES} help="It takes in every worker’s samples." />
        <FormText {...props} field="workerType" label="Type of each worker" technical suggestions={INSTANCE_TYPES} help="x86 or Arm." />
      </div>
      <ImageField {...props} />
      <div className="field-pair">
        <FormText {...props} field="diskGb" label="Disk of each machine" numeric unit="GB" help="The master keeps the result log." />
        <Field label="Reached at" help={form.addresses === "private" ? "The server is in their network, or joined to it." : "Reached from anywhere; SSH is let in from the server only."}>
          {(attributes) => (
            <select {...attributes} className="form-select" value={form.addresses} onChange={(event) => onChange({ ...form, addresses: event.target.value === "private" ? "private" : "public" })}>
              <option value="public">public addresses</option>
              <option value="private">private addresses</option>
            </select>
          )}
        </Field>
      </div>
      <Switch label="Spot machines" help="Spare capacity at a lower price. AWS may take it back at any time, with two minutes’ notice: the run ends then." checked={form.spot} onChange={(spot) => onChange({ ...form, spot })} />
      <Ec2Advanced {...props} />
    </>
  );
}
