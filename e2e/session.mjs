// The API as the web app uses it: the session of a person, opened with a one-time link.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A file of the example plan. */
export const shop = (name) => fileURLToPath(new URL(`../examples/shop/${name}`, import.meta.url));

/** A form with the fields, and each file as `file`: `[name, content]`. */
export function formOf(files, fields = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [name, content] of files) form.append("file", new Blob([content]), name);
  return form;
}

export class Session {
  constructor(base, { cookie, page }) {
    Object.assign(this, { base, cookie, page });
  }

  /** Signs in at the server with an unused sign-in link. */
  static async open(base, link) {
    const token = new URLSearchParams(new URL(link, base).hash.slice(1)).get("token");
    const answer = await fetch(`${base}/api/v1/session`, { method: "POST", headers: { "content-type": "application/json", origin: base }, body: JSON.stringify({ token }) });
    if (!answer.ok) throw new Error(`the sign-in link was refused: ${await answer.text()}`);
    return new Session(base, { cookie: answer.headers.getSetCookie()[0].split(";")[0], page: (await answer.json()).page });
  }

  /** What the browser of this person has stored. */
  get state() {
    const [name, value] = this.cookie.split("=");
    const cookie = { name, value, domain: new URL(this.base).hostname, path: "/", expires: -1, httpOnly: true, secure: false, sameSite: "Strict" };
    return { cookies: [cookie], origins: [{ origin: this.base, localStorage: [{ name: "jac.page", value: this.page }] }] };
  }

  /** The answer's JSON, or null without one; throws if the server refuses. */
  async call(method, path, body) {
    const headers = { cookie: this.cookie, "x-jac-page": this.page, origin: this.base };
    if (body !== undefined && !(body instanceof FormData)) {
      headers["content-type"] = "application/json";
      body = JSON.stringify(body);
    }
    const answer = await fetch(`${this.base}/api/v1${path}`, { method, headers, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  get(path) {
    return this.call("GET", path);
  }

  post(path, body) {
    return this.call("POST", path, body);
  }

  /** An unused sign-in link of a person; without an ID, of this one. Only administrators get it. */
  async link(id) {
    id ??= (await this.get("/session")).user.id;
    return new URL((await this.post(`/people/${id}/link`)).link, this.base).href;
  }

  /** Invites a person; `link` is the invitation. */
  async invite(name, role) {
    const { user, link } = await this.post("/people", { name, role });
    return { ...user, link: new URL(link, this.base).href };
  }

  /** The example plan, uploaded. */
  upload(name = "shop") {
    return this.post("/plans", formOf([["shop.jmx", readFileSync(shop("shop.jmx"))], ["users.csv", readFileSync(shop("users.csv"))]], { name }));
  }
}

/** A log of JMeter with so many samples, one each 100 ms; `fails` says which of them failed, with `code`. */
export function resultLog(samples, { fails = (n) => n % 50 === 0, code = 200, startMs = 1_790_000_000_000 } = {}) {
  const rows = Array.from({ length: samples }, (_, n) => `${startMs + n * 100},${100 + (n % 40)},Page ${n % 3},${fails(n) ? code : 200},OK,T 1-1,${!fails(n)}`);
  return ["timeStamp,elapsed,label,responseCode,responseMessage,threadName,success", ...rows, ""].join("\n");
}
