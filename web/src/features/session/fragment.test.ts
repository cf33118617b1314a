import { expect, it } from "vitest";
import { readArrival, safePath } from "./fragment";

it.each([
  ["#token=ab%2Bc", { kind: "token", token: "ab+c" }],
  ["#page=s3cret", { kind: "page", secret: "s3cret" }],
  ["#fault=company_unreachable", { kind: "fault", code: "company_unreachable" }],
  ["#token=", { kind: "none" }],
  ["#top", { kind: "none" }],
  ["", { kind: "none" }],
])("parses the fragment %j", (hash, arrival) => expect(readArrival(hash)).toEqual(arrival));

it.each([
  ["/runs?phase=running", "/runs?phase=running"],
  ["//elsewhere.example", "/"],
  ["/\\elsewhere.example", "/"],
  ["https://elsewhere.example", "/"],
  [null, "/"],
])("after signing in, %j continues at %j", (path, to) => expect(safePath(path)).toBe(to));
