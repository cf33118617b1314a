import type { ReactNode } from "react";
import type { Info } from "@/shared/api/types";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import type { ClusterForm, Faults } from "../clusterForm";
import type { CredentialChoices } from "../useCredentialChoices";
import { Ec2Fields } from "./Ec2Fields";
import { FormText } from "./FormText";
import { JMeterField } from "./JMeterField";
import { MachineFields } from "./MachineFields";
import { ProviderChoice } from "./ProviderChoice";

interface Props {
  info: Info | undefined;
  form: ClusterForm;
  faults: Faults;
  choices: CredentialChoices;
  onChange: (form: ClusterForm) => void;
  /** The cluster's name, if it has one. */
  children?: ReactNode;
}

/** A cluster's configuration: provider, number of workers, JMeter version and lifetime. */
export function ClusterFields({ info, form, faults, choices, onChange, children }: Props) {
  const fields = { form, faults, onChange };
  return (
    <>
      <ProviderChoice value={form.provider} available={info?.providers ?? ["local", "ssh"]} onChange={(provider) => onChange({ ...form, provider })} />
      {choices.error !== null && <ErrorBox error={choices.error} />}
      {form.provider === "ssh" && <MachineFields {...fields} choices={choices.keys} />}
      {form.provider === "local" && <FormText {...fields} field="workers" label="Workers" numeric help="JMeter servers that generate the load; the master collects the samples. 0 = master only." />}
      {form.provider === "ec2" && <Ec2Fields {...fields} choices={choices.aws} />}
      {children}
      <JMeterField {...fields} info={info} />
      <FormText {...fields} field="heapMb" label="JVM heap per node" numeric unit="MB" placeholder={form.provider === "ec2" ? "half of the memory" : "automatic"} />
      <div className="field-pair">
        <FormText {...fields} field="lifetimeMinutes" label="Lifetime" numeric unit="minutes" help="Can be extended later." />
        <FormText {...fields} field="idleMinutes" label="Idle timeout" numeric unit="minutes" placeholder="no limit" help="Counted from the last run." />
      </div>
    </>
  );
}
