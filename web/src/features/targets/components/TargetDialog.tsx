import { useState, type ReactNode } from "react";
import { ApiError } from "@/shared/api/client";
import type { CredentialView, OwnTarget } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field, Options, Switch } from "@/shared/ui/Field";
import { hasCode } from "@/shared/ui/refusal";
import { Waiting } from "@/shared/ui/Waiting";
import { useSaveTarget } from "../api/targets";
import { checkTarget, placedFaults, SIGN_INS, targetForm, type TargetFaults, type TargetField, type TargetForm } from "../targetForm";

interface Props {
  /** The target to replace; null: a new one. */
  replaces: OwnTarget | null;
  /** The user's own sets of AWS credentials. */
  sets: CredentialView[];
  onClose: () => void;
}

/** Saves a search target. It always starts without a secret: the server never returns one. */
export function TargetDialog({ replaces, sets, onClose }: Props) {
  const [form, setForm] = useState(() => targetForm(replaces));
  const [tried, setTried] = useState(false);
  const save = useSaveTarget();
  const { request, faults } = checkTarget(form, replaces?.settings.labels ?? {});
  const placed = save.error instanceof ApiError ? placedFaults(save.error.faults) : null;
  const shown: TargetFaults = { ...placed, ...(tried ? faults : {}) };
  // The target did not answer: it can be saved without a test, for example if it is started later.
  const untested = hasCode(save.error, "search_target_refused");

  const change = (part: Partial<TargetForm>) => {
    setForm({ ...form, ...part });
    if (save.isError) save.reset();
  };
  const send = (tests: boolean) => {
    setTried(true);
    if (request !== null && !save.isPending) save.mutate({ id: replaces?.id ?? null, target: request, tests }, { onSuccess: onClose });
  };
  const text = (field: TargetField, label: string, help: ReactNode, options: { secret?: boolean; placeholder?: string } = {}) => (
    <Field label={label} help={help} fault={shown[field]}>
      {(attributes) => (
        <input
          {...attributes}
          type={options.secret === true ? "password" : "text"}
          autoComplete={options.secret === true ? "new-password" : "off"}
          autoCapitalize="off"
          spellCheck={false}
          placeholder={options.placeholder}
          value={form[field]}
          onChange={(event) => change({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <Dialog
      title={replaces === null ? "Add search target" : `Change ${replaces.name}`}
      onClose={onClose}
      onSubmit={() => send(true)}
      footer={
        <>
          {untested && (
            <button type="button" className="btn btn-quiet" disabled={save.isPending} onClick={() => send(false)}>
              Save without testing
            </button>
          )}
          <DialogButtons onCancel={onClose} action={save.isPending ? "Testing…" : "Test and save"} disabled={save.isPending} />
        </>
      }
    >
      {text("name", "Name", "Lower-case letters, digits and hyphens.")}
      {text("url", "Address", "Elasticsearch or OpenSearch.", { placeholder: "https://search.example:9200" })}
      <Options legend="Sign in with" value={form.signIn} options={SIGN_INS} onChange={(signIn) => change({ signIn })} />
      {form.signIn === "password" && (
        <>
          {text("username", "User name", "")}
          {text("password", "Password", "", { secret: true })}
        </>
      )}
      {form.signIn === "api_key" && text("apiKey", "API key", "", { secret: true })}
      {form.signIn === "aws" && (
        <>
          <Field label="Credentials" help="Your own, saved under Credentials." fault={shown.credentials}>
            {(attributes) => (
              <select
                {...attributes}
                className={attributes.className.replace("form-control", "form-select")}
                value={form.credentials}
                onChange={(event) => change({ credentials: event.target.value })}
              >
                <option value="">Choose…</option>
                {sets.map((set) => (
                  <option key={set.id} value={set.id}>
                    {set.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {text("awsRegion", "Region", "Region of the domain.", { placeholder: "e.g. eu-central-1" })}
        </>
      )}
      <Switch label="An index for each run" help="Otherwise one data stream for all runs." checked={form.indexPerRun} onChange={(indexPerRun) => change({ indexPerRun })} />
      {text("namespace", "Namespace", "The last part of the data stream’s or the indices’ name. Empty: default.", { placeholder: "optional" })}
      {text("index", "Index name", "Custom name instead of JAC’s.", { placeholder: "optional" })}
      {text("service", "Service", "service.name of every document.", { placeholder: "optional" })}
      {text("dashboardsUrl", "Dashboards", "The address of Kibana or OpenSearch Dashboards: each run links to it.", { placeholder: "optional, e.g. https://kibana.example" })}
      {form.dashboardsUrl.trim() !== "" && (
        <Switch label="OpenSearch Dashboards" help="Otherwise Kibana." checked={form.opensearchDashboards} onChange={(opensearchDashboards) => change({ opensearchDashboards })} />
      )}
      <Field label="Certificate authority" help="PEM. Only if no public authority has signed its certificate." fault={shown.caPem}>
        {(attributes) => (
          <textarea
            {...attributes}
            rows={3}
            wrap="off"
            className={`${attributes.className} key-text`}
            spellCheck={false}
            placeholder="optional"
            value={form.caPem}
            onChange={(event) => change({ caPem: event.target.value })}
          />
        )}
      </Field>
      {save.isPending && <Waiting what="Testing the search target…" />}
      {save.error !== null && placed === null && <ErrorBox error={save.error} />}
    </Dialog>
  );
}
