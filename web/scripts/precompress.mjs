// Compresses the files that a browser fetches, so that the server does not have to compress them for each request.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const files = readdirSync(dist, { recursive: true }).filter((file) => /\.(js|css|html|svg)$/.test(file));
for (const file of files) {
  const content = readFileSync(new URL(file, dist));
  const packed = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
  if (packed.length < content.length) writeFileSync(new URL(`${file}.gz`, dist), packed);
}
