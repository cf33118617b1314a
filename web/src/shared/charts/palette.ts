/**
 * Colours that colour-blind users can distinguish (after Okabe and Ito, with two more), one set for each background. A label's colour
 * depends on its name, so it is the same on every chart and in every run with the same labels.
 */
export type Scheme = "light" | "dark";

const LINES: Record<Scheme, string[]> = {
  light: ["#1f6fb4", "#d06a10", "#0f8a6c", "#b3419a", "#8a6d00", "#2f9fd6", "#b5342b", "#5b57c2", "#6b7680", "#6f9400"],
  dark: ["#5aa9e6", "#f0995a", "#3cc3a0", "#e07cc4", "#e0c04c", "#8fd3ff", "#f07167", "#a29bfe", "#a8b3bd", "#b8d94a"],
};

export const MAX_LINES = 10;

export interface ChartColours {
  text: string;
  grid: string;
  surface: string;
  rate: string;
  users: string;
  error: string;
  threshold: string;
  /** p50, p90, p95, p99: one hue, stronger for higher percentiles. */
  percentiles: [string, string, string, string];
  received: string;
  sent: string;
  passed: string;
}

const COLOURS: Record<Scheme, ChartColours> = {
  light: {
    text: "#5c6673",
    grid: "#e9ecf0",
    surface: "#ffffff",
    rate: "#0f8a6c",
    users: "#6a5fc7",
    error: "#c93a3a",
    threshold: "#b26a00",
    percentiles: ["#9cc4ea", "#5b9bd8", "#2a6fbb", "#123f7a"],
    received: "#1f6fb4",
    sent: "#d06a10",
    passed: "#0f8a6c",
  },
  dark: {
    text: "#99a3b0",
    grid: "#262c35",
    surface: "#171b21",
    rate: "#3cc3a0",
    users: "#a29bfe",
    error: "#f2706b",
    threshold: "#e3b341",
    percentiles: ["#2f5f94", "#3f83c9", "#6fb1f0", "#bfe0ff"],
    received: "#5aa9e6",
    sent: "#f0995a",
    passed: "#3cc3a0",
  },
};

export function chartColours(scheme: Scheme): ChartColours {
  return COLOURS[scheme];
}

export function lineColour(slot: number, scheme: Scheme): string {
  return LINES[scheme][slot % MAX_LINES] ?? LINES[scheme][0] ?? "#888888";
}

/** A slot for each label: by a hash of its name, or the next free one if two names collide (in order of their names). */
export function colourSlots(labels: string[]): Map<string, number> {
  const slots = new Map<string, number>();
  const taken = new Set<number>();
  for (const label of [...labels].sort()) {
    if (taken.size === MAX_LINES) taken.clear();
    let slot = hash(label) % MAX_LINES;
    while (taken.has(slot)) slot = (slot + 1) % MAX_LINES;
    taken.add(slot);
    slots.set(label, slot);
  }
  return slots;
}

function hash(text: string): number {
  let value = 2166136261;
  for (let index = 0; index < text.length; index += 1) {
    value ^= text.charCodeAt(index);
    value = Math.imul(value, 16777619);
  }
  return value >>> 0;
}

/** The slots of the selected labels, in order of selection: if two collide, the later one gets the next free slot. */
export function distinctSlots(chosen: string[], slots: Map<string, number>): Map<string, number> {
  const found = new Map<string, number>();
  const taken = new Set<number>();
  for (const label of chosen) {
    let slot = slots.get(label) ?? 0;
    while (taken.has(slot) && taken.size < MAX_LINES) slot = (slot + 1) % MAX_LINES;
    taken.add(slot);
    found.set(label, slot);
  }
  return found;
}

/** Slots by the class of an HTTP status: success green, redirection blue, client error orange, server error red, anything else grey. */
const CODE_SLOTS: Record<string, number[]> = { "2": [2, 9, 5], "3": [0, 5, 7], "4": [1, 4, 3], "5": [6, 3, 1], other: [8, 7, 4] };

/** A slot for each response code, in order of frequency: its colour shows its class, and differs from the others. */
export function codeSlots(codes: string[]): Map<string, number> {
  const found = new Map<string, number>();
  const taken = new Set<number>();
  for (const code of codes) {
    const liked = CODE_SLOTS[/^[2-5]\d\d$/.test(code) ? code.charAt(0) : "other"] ?? [];
    const all = [...liked, ...Array.from({ length: MAX_LINES }, (_, slot) => slot)];
    const slot = all.find((each) => !taken.has(each)) ?? liked[0] ?? 0;
    taken.add(slot);
    found.set(code, slot);
  }
  return found;
}
