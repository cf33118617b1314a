import { expect, it } from "vitest";
import { tellsASecret, withSecret } from "./secretNames";

it("recognises the names that the server always masks", () => {
  for (const name of ["password", "db.Password", "API_KEY", "api-key", "auth.token", "clientSecret", "aws.access.key", "my_pwd"]) expect(tellsASecret(name), name).toBe(true);
  for (const name of ["threads", "host", "keyword", "path", "duration", "users.csv"]) expect(tellsASecret(name), name).toBe(false);
});

it("marks a name once, and removes the mark again", () => {
  expect(withSecret(["a", "b"], "a", true)).toEqual(["b", "a"]);
  expect(withSecret(["a", "b"], "a", false)).toEqual(["b"]);
});
