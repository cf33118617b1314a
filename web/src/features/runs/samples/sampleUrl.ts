import type { FoundSample } from "@/shared/api/types";

/** A sample's URL. JMeter writes `null` if there is none, as for transactions; that is not shown. */
export function urlOf(sample: Pick<FoundSample, "url">): string {
  return sample.url === "null" ? "" : sample.url;
}
