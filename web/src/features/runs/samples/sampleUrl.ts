import type { FoundSample } from "@/shared/api/types";

/** A sample's URL. JMeter writes `null` where there is none, as in a transaction's row; that is no URL to show. */
export function urlOf(sample: Pick<FoundSample, "url">): string {
  return sample.url === "null" ? "" : sample.url;
}
