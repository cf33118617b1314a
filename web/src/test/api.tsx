/** A server for rendered tests: real HTTP on loopback, with the answers that a test defines. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ReactNode } from "react";
import { BrowserRouter } from "react-router";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { keys } from "@/shared/api/keys";
import type { Role, Session } from "@/shared/api/types";

interface Answer {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Sent only once this has resolved. */
  after?: Promise<unknown>;
}

export interface Asked {
  method: string;
  /** Below /api/v1, with its query. */
  path: string;
  body: unknown;
}

export interface TestApi {
  /** `METHOD /path`, for any query or for the one given; a later answer replaces an earlier one. */
  answer: (route: string, answer: Answer) => void;
  asked: Asked[];
  /** The requests other than GET and HEAD, except checks, which change nothing. */
  changes: () => Asked[];
}

/** Registers itself with the test file that calls it; answers and requests are reset before each test. */
export function testApi(): TestApi {
  const answers = new Map<string, Answer>();
  const asked: Asked[] = [];
  let server: Server;
  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (piece: Buffer) => (text += piece.toString()));
      request.on("end", () => {
        const path = (request.url ?? "").replace("/api/v1", "");
        asked.push({ method: request.method ?? "", path, body: bodyOf(request.headers["content-type"], text) });
        const found = answers.get(`${request.method} ${path}`) ?? answers.get(`${request.method} ${path.split("?")[0]}`) ?? { status: 404, body: fault("not_found") };
        void Promise.resolve(found.after).then(() => {
          const headers = { "Access-Control-Allow-Origin": "*", "Content-Type": "application/json", ...found.headers };
          response.writeHead(found.status ?? 200, headers).end(found.body === undefined ? undefined : JSON.stringify(found.body));
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  beforeEach(() => {
    answers.clear();
    asked.length = 0;
    window.happyDOM.setURL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });
  afterAll(() => {
    server.closeIdleConnections();
    server.close();
  });
  return { answer: (route, answer) => answers.set(route, answer), asked, changes: () => asked.filter(({ method, path }) => method !== "GET" && method !== "HEAD" && !path.endsWith("/check")) };
}

/** The JSON body of the request; uploads are not read. */
function bodyOf(type: string | undefined, text: string): unknown {
  return type?.startsWith("application/json") === true ? (JSON.parse(text) as unknown) : null;
}

/** An error's body. */
export function fault(code: string, field: string | null = null): unknown {
  return { error: { code, message: `Refused with ${code}.`, hint: null, faults: field === null ? [] : [{ code, field, message: `Refused with ${code}.` }] } };
}

export function sessionOf(role: Role, more: Partial<Session> = {}, teams: Session["user"]["teams"] = []): Session {
  return { user: { id: "u-1", name: "Ann", role, teams }, via: "session", has_password: true, by_link: false, single_user: false, sign_out_url: null, ...more };
}

/** Renders a page for this session; undefined: the session has to be requested. */
export function renderFor(session: Session | null | undefined, page: ReactNode, path = "/"): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 60_000 } } });
  if (session !== undefined) client.setQueryData(keys.session, session);
  window.history.replaceState(null, "", path);
  render(
    <QueryClientProvider client={client}>
      <BrowserRouter>{page}</BrowserRouter>
    </QueryClientProvider>,
  );
  return client;
}
