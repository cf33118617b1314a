/** The data in the address of the sign-in page after `#`, which no server and no log sees. Pure. */
export type Arrival =
  /** A one-time link. */
  | { kind: "token"; token: string }
  /** Returned from single sign-on, signed in: the page's half of the session. */
  | { kind: "page"; secret: string }
  /** Returned from there with an error code. */
  | { kind: "fault"; code: string }
  | { kind: "none" };

export function readArrival(hash: string): Arrival {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const [token, secret, code] = ["token", "page", "fault"].map((name) => parameters.get(name));
  if (token) return { kind: "token", token };
  if (secret) return { kind: "page", secret };
  if (code) return { kind: "fault", code };
  return { kind: "none" };
}

/** Only a path of this site; otherwise the first page. */
export function safePath(path: string | null): string {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : "/";
}
