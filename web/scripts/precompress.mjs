// Packs what a browser fetches beside the file itself, so that the server has nothing to pack for each of them.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const files = readdirSync(dist, { recursive: true }).filter((file) => /\.(js|css|html|svg)$/.test(file));
for (const file of files) {
  const content = readFileSync(new URL(file, dist));
  const packed = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
  if (packed.length < content.length) writeFileSync(new URL(`${file}.gz`, dist), packed);
}
