/** The JMeters that a new cluster can have. Pure. */
import type { Info } from "@/shared/api/types";

export interface JMeterChoice {
  /** Empty: the server's own, whichever that will be. */
  version: string;
  words: string;
}

/** All of them, the server's own first; one that is chosen already is among them, known or not. */
export function jmeterChoices(info: Pick<Info, "jmeter" | "jmeter_versions"> | undefined, chosen: string): JMeterChoice[] {
  const own = info?.jmeter.version ?? info?.jmeter_versions[0];
  const others = (info?.jmeter_versions ?? []).filter((version) => version !== own);
  if (chosen !== "" && !others.includes(chosen)) others.push(chosen);
  return [{ version: "", words: own === undefined ? "server default" : `${own} (server default)` }, ...others.map((version) => ({ version, words: version }))];
}
