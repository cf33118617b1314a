/** Key figures of a plan's elements as text. Pure. */
import type { OutlineElement } from "@/shared/api/types";

const WORDS: Record<string, (value: string) => string> = {
  threads: (value) => `${value} users`,
  ramp_up: (value) => `ramp-up ${value} s`,
  ramp_up_min: (value) => `ramp-up ${value} min`,
  hold: (value) => `hold ${value} s`,
  hold_min: (value) => `hold ${value} min`,
  loops: (value) => (value === "-1" ? "infinite loops" : `loops ${value}`),
  duration: (value) => `duration ${value} s`,
  delay: (value) => `delay ${value} s`,
  delay_ms: (value) => `${value} ms`,
  random_up_to_ms: (value) => `plus 0 to ${value} ms`,
  deviation_ms: (value) => `± ${value} ms`,
  lambda_ms: (value) => `plus about ${value} ms`,
  executions: (value) => `${value} executions`,
  action: (value) => value,
  pause_ms: (value) => `pause ${value} ms`,
  limit_ms: (value) => `at most ${value} ms`,
  per_minute: (value) => `${value} per minute`,
  percent: (value) => `${value} %`,
  period_s: (value) => `in ${value} s`,
  method: (value) => value,
  url: (value) => value,
  file: (value) => value,
  condition: (value) => value,
};

/** `10 users, ramp-up 5 s, infinite loops`; a figure without a text here is shown by its code. */
export function factWords(facts: OutlineElement["facts"]): string {
  const joined = facts.map(({ code, value }) => (WORDS[code] ?? ((text: string) => `${code.replaceAll("_", " ")} ${text}`))(value));
  // A request as usual: `GET /cart`.
  return facts[0]?.code === "method" && facts[1]?.code === "url" ? [`${joined[0]} ${joined[1]}`, ...joined.slice(2)].join(", ") : joined.join(", ");
}
