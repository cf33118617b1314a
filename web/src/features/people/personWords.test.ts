import { expect, it } from "vitest";
import { ownsWords, signInWords } from "./personWords";

it.each([
  [{ clusters: 0, plans: 0, runs: 0 }, null],
  [{ clusters: 2, plans: 1, runs: 0 }, "2 clusters, 1 plan"],
  [null, null],
])("%j is shown as %j", (owns, words) => expect(ownsWords(owns)).toBe(words));

it.each([
  [true, false, "company"],
  [true, true, "company or password"],
  [false, true, "password"],
  [false, false, "one-time link"],
])("with single sign-on %s and password %s the text is %s", (via_company, has_password, words) => expect(signInWords({ via_company, has_password })).toBe(words));
