// What the stories of a load test bring: a cluster of two workers, and runs on it. All stories share them, because each takes a while.
import { test as common, expect, reaches } from "../fixtures.mjs";

export { expect };

export const [targetHost, targetPort] = (process.env.JAC_E2E_TARGET ?? "127.0.0.1:8081").split(":");
export const LAUNCH_MS = 120_000;

/** The number of buckets between the first and the last: the page shows those without a sample too. */
export const bucketsOf = (points, width) => (points.length === 0 ? 0 : (points.at(-1).t_ms - points[0].t_ms) / width + 1);

/** The example plan with criteria, the second version of them. */
export async function planWithCriteria(session) {
  const plan = await session.upload();
  await session.call("PUT", `/plans/${plan.id}/criteria`, { ...plan.criteria, criteria: ["error_percent > 50%"], warm_up_s: 2 });
  return plan;
}

/** Runs of one plan on one cluster, which are started when a story first needs them. */
class Runs {
  #session;
  #clusterId;
  /** IDs of runs: the one that was started to be watched, and those that have ended. */
  #live;
  #first;
  #second;
  plan;

  constructor(session, clusterId) {
    this.#session = session;
    this.#clusterId = clusterId;
  }

  async #start(duration) {
    await this.free();
    this.plan ??= await planWithCriteria(this.#session);
    const properties = { "target.port": targetPort, threads: "6", ramp_up: "2", duration };
    // The page does not send what is the plan's default.
    if (targetHost !== "127.0.0.1") properties["target.host"] = targetHost;
    const run = await this.#session.post("/runs", { plan_id: this.plan.id, cluster_id: this.#clusterId, properties, split: ["users.csv"] });
    return run.id;
  }

  #run = (id) => this.#session.get(`/runs/${id}`);

  /** A running run of 12 users. */
  async live() {
    if (this.#live === undefined || (await this.#run(this.#live)).phase !== "running") {
      this.#live = await this.#start("600");
      await reaches(this.#session, `/runs/${this.#live}`, "running", LAUNCH_MS);
    }
    return this.#live;
  }

  /** Leaves the cluster to the story. */
  async free() {
    if (this.#live === undefined || (await this.#run(this.#live)).phase === "finished") return;
    await this.#session.post(`/runs/${this.#live}/stop`, { how: "graceful" });
    await reaches(this.#session, `/runs/${this.#live}`, "finished", LAUNCH_MS);
  }

  /** A run that was stopped. */
  async first() {
    if (this.#first === undefined) {
      const id = await this.live();
      await expect.poll(async () => (await this.#run(id)).headline?.samples ?? 0, { message: "samples", timeout: LAUNCH_MS }).toBeGreaterThan(300);
      await this.free();
      this.#first = id;
    }
    return this.#first;
  }

  /** The run before, and one that has ended by itself. */
  async both() {
    const first = await this.first();
    if (this.#second === undefined) {
      this.#second = await this.#start("20");
      await reaches(this.#session, `/runs/${this.#second}`, "finished", LAUNCH_MS);
    }
    return [first, this.#second];
  }
}

export const test = common.extend({
  /** A plan of the story's own. */
  plan: async ({ person }, use) => use(await person.upload()),
  cluster: [
    async ({ admin }, use) => {
      const cluster = await admin.post("/clusters", { name: "walk", provider: "local", config: { workers: 2 } });
      await reaches(admin, `/clusters/${cluster.id}`, "ready", LAUNCH_MS);
      await use(cluster);
      await admin.post(`/clusters/${cluster.id}/terminate`);
      await reaches(admin, `/clusters/${cluster.id}`, "terminated", LAUNCH_MS);
    },
    { scope: "worker", timeout: 2 * LAUNCH_MS },
  ],
  runs: [async ({ admin, cluster }, use) => use(new Runs(admin, cluster.id)), { scope: "worker" }],
  /** The cluster without a run. */
  freeCluster: async ({ cluster, runs }, use) => {
    await runs.free();
    await use(cluster);
  },
});
