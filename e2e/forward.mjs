// Forwards connections from a port to a socket file or the other way round. `node forward.mjs FROM TO`, each a port of
// loopback or the path of a socket file.
import { createConnection, createServer } from "node:net";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const place = (text) => (/^\d+$/.test(text) ? { host: "127.0.0.1", port: Number(text) } : { path: text });

/** Resolves once connections are accepted, to the server, which the caller has to close. */
export function forward(from, to) {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = createConnection({ ...place(to), allowHalfOpen: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      one.pipe(other);
      one.on("error", () => other.destroy());
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(place(from), () => resolve(server));
  });
}

if (argv[1] === fileURLToPath(import.meta.url)) await forward(argv[2], argv[3]);
