// The bytes that a browser has to load before the first page is shown, and the size of a report to be mailed: both compressed as a server
// would send them. Over a limit the build fails; the commit that raises a limit says what the bytes are for.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** KB of 1000 bytes, gzip, a little above the current sizes. The first load stays under 250 KB. */
const LIMITS_KB = { "first load": 243, "report.html": 238 };

const dist = new URL("../dist/", import.meta.url);
const zipped = (file) => gzipSync(readFileSync(file)).length;

/** The page itself, its scripts and styles, and everything that these import statically; pages whose code is fetched when they are opened are not included. */
function firstLoad() {
  const page = new URL("index.html", dist);
  const loaded = [...readFileSync(page, "utf8").matchAll(/<(?:script|link)\b[^>]*\b(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, path]) => path);
  if (!loaded.some((path) => path.endsWith(".js")) || !loaded.some((path) => path.endsWith(".css"))) throw new Error("index.html names no script or no style sheet");
  return zipped(page) + loaded.reduce((sum, path) => sum + zipped(new URL(path, dist)), 0);
}

// The Content-Security-Policy allows no data: URLs, so the browser would not show such an image.
for (const style of readdirSync(new URL("assets/", dist)).filter((name) => name.endsWith(".css"))) {
  if (/url\(["']?data:/.test(readFileSync(new URL(`assets/${style}`, dist), "utf8"))) throw new Error(`${style} has a data: URL`);
}

const sizes = { "first load": firstLoad(), "report.html": zipped(new URL("../dist-report/report.html", import.meta.url)) };
let over = false;
for (const [what, bytes] of Object.entries(sizes)) {
  const limit = LIMITS_KB[what];
  over ||= bytes > limit * 1000;
  (bytes > limit * 1000 ? console.error : console.log)(`${what}: ${(bytes / 1000).toFixed(1)} KB compressed, of at most ${limit} KB`);
}
if (over) process.exit(1);
