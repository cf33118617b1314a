/** The JMeter versions for a new cluster. Pure. */
import type { Info } from "@/shared/api/types";

export interface JMeterChoice {
  /** Empty: the server's own, whichever version that is. */
  version: string;
  words: string;
}

/** All versions, the server's own first; includes the selected one even if the server does not list it. */
export function jmeterChoices(info: Pick<Info, "jmeter" | "jmeter_versions"> | undefined, chosen: string): JMeterChoice[] {
  const own = info?.jmeter.version ?? info?.jmeter_versions[0];
  const others = (info?.jmeter_versions ?? []).filter((version) => version !== own);
  if (chosen !== "" && !others.includes(chosen)) others.push(chosen);
  return [{ version: "", words: own === undefined ? "server default" : `${own} (server default)` }, ...others.map((version) => ({ version, words: version }))];
}
