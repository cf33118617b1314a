// Starts the programs of a test: JAC on a data folder of its own, and the servers it uses.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";

/** Time for a server to print its address. */
const START_MS = 60_000;

/** Starts `jac serve` and waits until it prints its address; `log` collects its output. Resolves to the process and its address. */
export function startJac(jac, folder, options, log) {
  const server = spawn(jac, ["serve", "--data-dir", `${folder}/data`, "--listen", "127.0.0.1:0", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((found, failed) => {
    const late = setTimeout(() => server.kill("SIGKILL"), START_MS);
    for (const stream of [server.stdout, server.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        const where = / listens on (http:\S+?)\.?(\s|$)/.exec(line)?.[1];
        if (where === undefined) return;
        clearTimeout(late);
        found({ server, base: where.replace(/\/$/, "") });
      });
    }
    server.once("exit", (code, signal) => {
      clearTimeout(late);
      failed(new Error(`jac serve ended with ${code ?? signal}:\n${log.join("\n")}`));
    });
  });
}

/** Ends a process that a test started, if it is still running. */
export async function end(child) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/**
 * Starts JAC on a temporary folder with the options that `optionsIn(folder)` returns, and passes its address, `base`, and the folder to `use`,
 * a fixture's. Its output is kept with the results of the tests.
 */
export async function useJac({ project }, optionsIn, use) {
  const jac = process.env.JAC_E2E_JAC;
  if (jac === undefined) throw new Error("Set JAC_E2E_JAC: the executable.");
  const folder = mkdtempSync(`${tmpdir()}/jac-e2e-`);
  const log = [];
  let server;
  try {
    const started = await startJac(jac, folder, optionsIn(folder), log);
    server = started.server;
    await use({ base: started.base, folder });
  } finally {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(project.outputDir, { recursive: true });
    writeFileSync(`${project.outputDir}/${project.name}-server.log`, `${log.join("\n")}\n`);
  }
}
