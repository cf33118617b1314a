import { expect, it } from "vitest";
import { factWords } from "./outlineWords";

it("shows key figures in words", () => {
  const fact = (code: string, value: string) => ({ code, value });
  expect(factWords([fact("threads", "${__P(n,5)}"), fact("ramp_up", "10"), fact("loops", "-1")])).toBe("${__P(n,5)} users, ramp-up 10 s, infinite loops");
  expect(factWords([fact("method", "GET"), fact("url", "/cart")])).toBe("GET /cart");
  expect(factWords([fact("arrivals", "5"), fact("ramp_up_min", "2"), fact("hold", "10")])).toBe("arrivals 5, ramp-up 2 min, hold 10 s");
  expect(factWords([fact("delay_ms", "100"), fact("random_up_to_ms", "50")])).toBe("100 ms, plus 0 to 50 ms");
  expect(factWords([fact("group_size", "3")])).toBe("group size 3");
});
