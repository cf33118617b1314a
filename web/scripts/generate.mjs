// Generates types from the server's OpenAPI document. `--check` changes nothing and fails if they are stale.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const source = new URL("../openapi.json", import.meta.url);
const target = new URL("../src/shared/api/schema.gen.ts", import.meta.url);

const document = JSON.parse(readFileSync(source, "utf8"));
const expected = COMMENT_HEADER + astToString(await openapiTS(document));

if (process.argv.includes("--check")) {
  let found = "";
  try {
    found = readFileSync(target, "utf8");
  } catch {
    // Not generated yet: counts as stale.
  }
  if (found !== expected) {
    console.error("src/shared/api/schema.gen.ts is not what web/openapi.json says; run `npm run generate` in web/.");
    process.exit(1);
  }
  console.log("schema.gen.ts matches openapi.json");
} else {
  writeFileSync(target, expected);
  console.log("schema.gen.ts written");
}
