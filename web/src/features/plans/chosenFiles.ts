/** Selected or dropped files, as the upload sends them: with paths relative to the plan's folder. */
import type { UploadFile } from "@/shared/api/upload";
import { formatBytes, formatCount } from "@/shared/format/numbers";

/** The common leading folders of all paths: a dropped folder `shop/` is not part of the plan's paths. */
export function withoutCommonFolder(paths: string[]): string[] {
  let current = paths;
  for (;;) {
    const folders = new Set(current.map((path) => (path.includes("/") ? path.slice(0, path.indexOf("/") + 1) : "")));
    const [only] = folders;
    if (folders.size !== 1 || only === undefined || only === "") return current;
    current = current.map((path) => path.slice(only.length));
  }
}

export function fromInput(files: Iterable<File>): UploadFile[] {
  const list = [...files];
  const paths = withoutCommonFolder(list.map((file) => (file.webkitRelativePath === "" ? file.name : file.webkitRelativePath)));
  return list.map((file, index) => ({ path: paths[index] ?? file.name, file }));
}

/** Dropped files and folders, the latter with all their files except hidden ones. */
export async function fromDrop(items: DataTransferItemList): Promise<UploadFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: UploadFile[] = [];
  for (const entry of entries) await walk(entry, found);
  const paths = withoutCommonFolder(found.map((each) => each.path));
  return found.map((each, index) => ({ ...each, path: paths[index] ?? each.path }));
}

async function walk(entry: FileSystemEntry, found: UploadFile[]): Promise<void> {
  if (entry.name.startsWith(".")) return;
  if (entry instanceof FileSystemFileEntry) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
  } else if (entry instanceof FileSystemDirectoryEntry) {
    const reader = entry.createReader();
    // A reader returns at most a hundred entries at a time.
    for (;;) {
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (batch.length === 0) return;
      for (const child of batch) await walk(child, found);
    }
  }
}

/** The error of a selection before anything is sent; null if there is none. */
export function faultOf(files: UploadFile[], limits: { max_upload_bytes: number; max_files: number }, needsPlan: boolean): string | null {
  if (files.length === 0) return "No files selected.";
  if (files.length > limits.max_files) return `Too many files (${formatCount(files.length)}): at most ${formatCount(limits.max_files)} per upload.`;
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  if (bytes > limits.max_upload_bytes) return `Too large (${formatBytes(bytes)}): at most ${formatBytes(limits.max_upload_bytes)} per upload.`;
  if (needsPlan && !files.some(({ path }) => /\.(jmx|zip)$/i.test(path))) return "No .jmx or .zip file selected.";
  return null;
}

/** The .jmx files of a selection, those nearest to its top first. */
export function plansAmong(files: UploadFile[]): string[] {
  const depth = (path: string) => path.split("/").length;
  return files
    .map(({ path }) => path)
    .filter((path) => /\.jmx$/i.test(path))
    .sort((a, b) => depth(a) - depth(b) || a.localeCompare(b));
}
