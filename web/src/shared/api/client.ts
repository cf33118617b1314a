import { pageSecret } from "./pageSecret";
import { noteDateHeader } from "./serverClock";
import type { ErrorBody } from "./types";

export const API = "/api/v1";

/** What the server refused, in its own words; `status` 0 means that no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly details: string[];

  constructor(status: number, body: ErrorBody["error"]) {
    super(body.message);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code;
    this.hint = body.hint;
    this.details = body.details;
  }
}

export function unreachable(technical: string): ApiError {
  return new ApiError(0, {
    code: "unreachable",
    message: "JAC server unreachable.",
    hint: "Check that `jac serve` is running. This page reconnects automatically.",
    details: [technical],
  });
}

/** An error from a non-2xx body, whatever the body turned out to be. */
export function errorFrom(status: number, text: string): ApiError {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isErrorBody(parsed)) return new ApiError(status, { ...parsed.error, hint: parsed.error.hint ?? null, details: parsed.error.details });
  } catch {
    // Not JSON: a proxy's page or nothing; told below.
  }
  return new ApiError(status, {
    code: `http_${status}`,
    message: `The server answered with status ${status}.`,
    hint: null,
    details: text === "" ? [] : [text.slice(0, 500)],
  });
}

function isErrorBody(value: unknown): value is ErrorBody {
  if (typeof value !== "object" || value === null || !("error" in value)) return false;
  const error = value.error;
  return typeof error === "object" && error !== null && "message" in error && "details" in error;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

async function send(method: Method, path: string, body: BodyInit | null, signal: AbortSignal | null): Promise<Response> {
  const headers = new Headers({ Accept: "application/json", "X-JAC-Page": pageSecret() });
  if (typeof body === "string") headers.set("Content-Type", "application/json");
  let response: Response;
  try {
    response = await fetch(API + path, { method, headers, body, signal, credentials: "same-origin" });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw unreachable(String(cause));
  }
  noteDateHeader(response.headers.get("Date"));
  if (!response.ok) throw errorFrom(response.status, await response.text());
  return response;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send("GET", path, null, signal ?? null);
  return (await response.json()) as T;
}

export async function postJson<T>(path: string, body?: unknown): Promise<T> {
  const response = await send("POST", path, body === undefined ? null : JSON.stringify(body), null);
  return (await response.json()) as T;
}

export async function putJson<T>(path: string, body: unknown): Promise<T> {
  const response = await send("PUT", path, JSON.stringify(body), null);
  return (await response.json()) as T;
}

export async function remove(path: string): Promise<void> {
  await send("DELETE", path, null, null);
}

export async function removeJson<T>(path: string): Promise<T> {
  const response = await send("DELETE", path, null, null);
  return (await response.json()) as T;
}

/** A path of several parts, each encoded, its slashes kept. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
