import { formatBytes } from "@/shared/format/numbers";
import { fieldsAt, type Checked, type FieldFaults } from "@/shared/forms/useCheckedForm";

export interface ImportForm {
  plan: string;
  name: string;
  files: File[];
}

/** `most_bytes`: of all files together. */
export function checkImport(form: ImportForm, most_bytes: number): Checked<ImportForm, ImportForm> {
  const faults: FieldFaults<ImportForm> = {};
  if (form.plan.trim() === "") faults.plan = "Enter the plan that the run belongs to.";
  const bytes = form.files.reduce((sum, { size }) => sum + size, 0);
  const names = form.files.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (form.files.length === 0) faults.files = "Choose at least one result log.";
  else if (twice !== undefined) faults.files = `Two files are called ${twice}. Put them into a zip with folders, or rename one.`;
  else if (bytes > most_bytes) faults.files = `Too large (${formatBytes(bytes)}): at most ${formatBytes(most_bytes)}. Compress the logs with gzip or zstd.`;
  return { request: Object.keys(faults).length > 0 ? null : form, faults };
}

export const importFieldOf = fieldsAt<ImportForm>({ "/plan": "plan", "/name": "name" });
