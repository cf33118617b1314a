/** Fields of a form of React Hook Form, each with its label, help and error. */
import type { ComponentProps, ReactNode } from "react";
import { useController, type FieldPath, type FieldValues } from "react-hook-form";
import { Field, Options, Switch } from "@/shared/ui/Field";
import type { CheckedForm } from "./useCheckedForm";

interface Place<Values extends FieldValues, Request> {
  form: CheckedForm<Values, Request>;
  name: FieldPath<Values>;
}

interface Named<Values extends FieldValues, Request> extends Place<Values, Request> {
  label: string;
  help?: ReactNode;
}

type InputProps = Pick<ComponentProps<"input">, "type" | "placeholder" | "readOnly" | "autoComplete" | "inputMode" | "list" | "step" | "maxLength" | "spellCheck">;

interface TextFieldProps<Values extends FieldValues, Request> extends Named<Values, Request>, InputProps {
  /** Unit after the input. */
  unit?: string;
}

/** What connects an element to the form, and the message of its error. */
function usePlace<Values extends FieldValues, Request>({ form, name }: Place<Values, Request>) {
  const { field, fieldState } = useController({ control: form.control, name });
  return { field, fault: fieldState.error?.message };
}

/** A line of text. The browser neither completes nor corrects it unless told so. */
export function TextField<Values extends FieldValues, Request>({ form, name, label, help, unit, ...input }: TextFieldProps<Values, Request>) {
  const { field, fault } = usePlace({ form, name });
  return (
    <Field label={label} help={help} fault={fault} {...(unit === undefined ? {} : { unit })}>
      {(attributes) => <input type="text" autoComplete="off" autoCapitalize="off" spellCheck={false} {...input} {...attributes} {...field} />}
    </Field>
  );
}

/** A password or key. Browsers ignore `off` here, but not `new-password`: they fill in nothing saved. */
export function SecretField<Values extends FieldValues, Request>(props: TextFieldProps<Values, Request>) {
  return <TextField type="password" autoComplete="new-password" {...props} />;
}

/** A key or certificate: its lines are not wrapped. */
export function LinesField<Values extends FieldValues, Request>({ form, name, label, help, ...area }: Named<Values, Request> & { rows: number; placeholder: string }) {
  const { field, fault } = usePlace({ form, name });
  return (
    <Field label={label} help={help} fault={fault}>
      {(attributes) => <textarea {...area} {...attributes} {...field} wrap="off" className={`${attributes.className} key-text`} autoComplete="off" autoCapitalize="off" spellCheck={false} />}
    </Field>
  );
}

/** Several lines. */
export function TextAreaField<Values extends FieldValues, Request>({ form, name, label, help, ...area }: Named<Values, Request> & { rows: number; spellCheck?: boolean }) {
  const { field, fault } = usePlace({ form, name });
  return (
    <Field label={label} help={help} fault={fault}>
      {(attributes) => <textarea autoComplete="off" {...area} {...attributes} {...field} />}
    </Field>
  );
}

/** One of several; the children are its options. */
export function SelectField<Values extends FieldValues, Request>({ form, name, label, help, children }: Named<Values, Request> & { children: ReactNode }) {
  const { field, fault } = usePlace({ form, name });
  return (
    <Field label={label} help={help} fault={fault}>
      {(attributes) => (
        <select {...attributes} {...field} className={attributes.className.replace("form-control", "form-select")}>
          {children}
        </select>
      )}
    </Field>
  );
}

/** On or off; never wrong. */
export function SwitchField<Values extends FieldValues, Request>({ form, name, label, help }: Named<Values, Request>) {
  const { field } = usePlace({ form, name });
  return <Switch label={label} help={help} checked={field.value} onChange={field.onChange} />;
}

type OptionsFieldProps<Values extends FieldValues, Request> = Place<Values, Request> & Pick<ComponentProps<typeof Options>, "legend" | "options">;

/** A choice of one option, each with its description. */
export function OptionsField<Values extends FieldValues, Request>({ form, name, legend, options }: OptionsFieldProps<Values, Request>) {
  const { field, fault } = usePlace({ form, name });
  return <Options legend={legend} value={field.value} options={options} fault={fault} onChange={field.onChange} />;
}
