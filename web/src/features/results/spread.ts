/** The distribution of response times: percentile curves, Apdex zones, and their table. Pure. */
import type { Entry, Profile, Profiles, Summary } from "@/shared/api/types";
import type { ChartLine, XyContent } from "@/shared/charts/chartTypes";
import { formatExactPercent } from "@/shared/format/numbers";

/** A profile with its name and colour. */
export interface Spread {
  key: string;
  name: string;
  profile: Profile;
  percents: number[];
  colour: string;
  transaction?: boolean;
}

/** The selected labels' profiles, or the total's. */
export function spreads(profiles: Profiles, chosen: string[], colourOf: (label: string) => string, totalColour: string): Spread[] {
  const { percents } = profiles;
  const byName = new Map(profiles.labels.map((each) => [each.label, each]));
  const picked = chosen.flatMap((label) => {
    const found = byName.get(label);
    return found === undefined ? [] : [{ key: `label ${label}`, name: label, profile: found.profile, percents, colour: colourOf(label), transaction: found.transaction }];
  });
  return chosen.length > 0 ? picked : [{ key: "total", name: "Total", profile: profiles.total, percents, colour: totalColour }];
}

/** The selected labels that have samples and no profile. */
export function withoutProfile(summary: Summary, profiles: Profiles, chosen: string[]): string[] {
  const known = new Set(profiles.labels.map(({ label }) => label));
  return summary.labels.filter(({ label, samples }) => samples > 0 && chosen.includes(label) && !known.has(label)).map(({ label }) => label);
}

const TAIL_TICKS = [0, 50, 90, 99, 99.9, 99.99];
const EVEN_TICKS = [0, 20, 40, 60, 80, 100];

/** The position of a percentile on an axis that gives each further nine the same space; the last one ends at 99.999. */
export function tailPlace(percent: number): number {
  return Math.log10(1 / (1 - Math.min(percent, 99.999) / 100));
}

/** Percentile curves; `tail` stretches the slow end. */
export function percentileCurves(all: Spread[], tail: boolean): XyContent {
  const place = tail ? tailPlace : (percent: number) => percent;
  const percents = curvePercents(all);
  const lines = all.map((each): ChartLine => {
    const at = new Map(each.percents.map((percent, index) => [percent, each.profile.percentiles_ms[index] ?? null]));
    return {
      key: each.key,
      label: each.name,
      ...(each.transaction === true ? { tag: "transaction" } : {}),
      values: percents.map((percent) => at.get(percent) ?? null),
      colour: each.colour,
      kind: "line",
    };
  });
  return {
    x: percents.map(place),
    range: [place(0), place(100)],
    ticks: (tail ? TAIL_TICKS : EVEN_TICKS).map((percent) => ({ at: place(percent), text: formatExactPercent(percent) })),
    lines,
  };
}

/** The percentages of a curve's rows, for its table. */
export function curvePercents(all: Spread[]): number[] {
  return [...new Set(all.flatMap((each) => (each.profile.percentiles_ms.length === 0 ? [] : each.percents)))].sort((a, b) => a - b);
}

export interface Part {
  key: "satisfied" | "tolerated" | "frustrated" | "failed";
  name: string;
  count: number;
  percent: number;
}

/** Satisfied, tolerated, frustrated, failed, with their shares. */
export function parts({ satisfied, tolerated, frustrated, failed }: Profile): Part[] {
  const all = satisfied + tolerated + frustrated + failed;
  const part = (key: Part["key"], name: string, count: number): Part => ({ key, name, count, percent: all === 0 ? 0 : (count / all) * 100 });
  return [part("satisfied", "Satisfied", satisfied), part("tolerated", "Tolerated", tolerated), part("frustrated", "Frustrated", frustrated), part("failed", "Failed", failed)];
}

export interface ApdexRow {
  label: string;
  samples: number;
  apdex: number | null;
  profile: Profile | null;
}

/** The Apdex table: every label's index, and its parts where the label has a profile. */
export function apdexRows(entries: Entry[], profiles: Profiles): ApdexRow[] {
  const byName = new Map(profiles.labels.map((each) => [each.label, each.profile]));
  return entries.map(({ label, samples, apdex }) => ({ label, samples, apdex, profile: byName.get(label) ?? null }));
}
