// Starts the programs of a test: JAC on a data folder of its own, and the servers it uses.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Starts `jac serve` and waits until it prints its address; `log` collects its output. Resolves to the process and its address. */
export function startJac(jac, folder, options, log) {
  const server = spawn(jac, ["serve", "--data-dir", `${folder}/data`, "--listen", "127.0.0.1:0", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((found, failed) => {
    for (const stream of [server.stdout, server.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        const where = / listens on (http:\S+?)\.?(\s|$)/.exec(line)?.[1];
        if (where !== undefined) found({ server, base: where.replace(/\/$/, "") });
      });
    }
    server.once("exit", (code) => failed(new Error(`jac serve ended with ${code}:\n${log.join("\n")}`)));
  });
}

/** Ends a process that a test started, if it is still running. */
export async function end(child) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
