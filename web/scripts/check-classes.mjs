// Finds classes of elements that no style sheet has: Bootstrap is imported in parts, so a class of another part has no effect.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const filesIn = (folder, ending) =>
  readdirSync(root + folder, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);
const styles = filesIn("dist/assets", ".css").map((path) => readFileSync(root + path, "utf8"));
const defined = new Set(styles.flatMap((style) => [...style.matchAll(/\.([a-zA-Z_][\w-]*)/g)].map(([, name]) => name)));

/** The classes in the literals of an element; those that are put together, like `chip-${tone}`, are not known here. */
function classesIn(source) {
  const literals = [...source.matchAll(/className=(?:"([^"]*)"|\{`([^`]*)`\}|\{([^{}]*)\})/g)].flatMap(([, plain, template, code]) =>
    code === undefined ? [plain ?? template.replaceAll(/[\w-]*\$\{[^}]*\}[\w-]*/g, " ")] : [...code.matchAll(/"([^"]*)"/g)].map(([, text]) => text),
  );
  return literals.flatMap((text) => text.split(/\s+/)).filter((name) => /^[a-z][\w-]*$/.test(name));
}

const unknown = filesIn("src", ".tsx")
  .filter((path) => !path.includes(".test."))
  .flatMap((path) =>
    classesIn(readFileSync(root + path, "utf8"))
      .filter((name) => !defined.has(name))
      .map((name) => `${path}: ${name}`),
  );
for (const one of unknown) console.error(`no style sheet has the class in ${one}`);
if (unknown.length > 0) process.exit(1);
