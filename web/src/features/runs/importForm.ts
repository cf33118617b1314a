import { formatBytes } from "@/shared/format/numbers";

/** The error of an import before it is sent; undefined if there is none. */
export interface ImportFaults {
  plan: string | undefined;
  files: string | undefined;
}

export function importFaults(form: { plan: string; files: readonly { name: string; size: number }[] }, most_bytes: number): ImportFaults {
  const bytes = form.files.reduce((sum, { size }) => sum + size, 0);
  const names = form.files.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  const files =
    form.files.length === 0
      ? "Choose at least one result log."
      : twice !== undefined
        ? `Two files are called ${twice}. Put them into a zip with folders, or rename one.`
        : bytes > most_bytes
          ? `Too large (${formatBytes(bytes)}): at most ${formatBytes(most_bytes)}. Compress the logs with gzip or zstd.`
          : undefined;
  return { plan: form.plan.trim() === "" ? "Enter the plan that the run belongs to." : undefined, files };
}
