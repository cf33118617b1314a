export type CsvValue = string | number | null;

/** RFC 4180: a header line, CRLF, quotes only where needed; a missing number is an empty field. */
export function toCsv(header: string[], rows: CsvValue[][]): string {
  return [header, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

function field(value: CsvValue): string {
  if (value === null) return "";
  const text = guarded(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text that a spreadsheet would execute as a formula gets an apostrophe before it; numbers are unchanged. */
function guarded(value: string | number): string {
  if (typeof value === "number") return String(value);
  return /^[=+\-@\t]/.test(value) ? `'${value}` : value;
}
