import { expect, it } from "vitest";
import { namedHosts } from "./nodeNames";

const host = (name: string) => ({ host: name, node: null, samples: 1, errors: 0 });
const node = (name: string, ...ports: number[]) => ({ name, ports });

it("shows a load generator by its node's name, identified by its port", () => {
  const nodes = [node("master", 4445), node("worker-1", 41000, 41001), node("worker-2", 42000), node("worker-3", 42000)];
  const names = namedHosts([host("10.0.0.1:41000"), host("10.0.0.2:42000"), host("10.0.0.9:41001"), host("gen-7"), host("other nodes")], nodes).map(({ name }) => name);
  expect(names).toEqual(["worker-1", "10.0.0.2:42000", "10.0.0.9:41001", "gen-7", "other nodes"]);
  expect(namedHosts([{ ...host("10.0.0.1:41000"), node: "worker-9" }], nodes)[0]?.name).toBe("worker-9");
  expect(namedHosts([host("10.0.0.1:41000")], [])).toEqual([{ host: "10.0.0.1:41000", node: null, samples: 1, errors: 0, name: "10.0.0.1:41000" }]);
});
