import { pageSecret } from "./pageSecret";
import { noteDateHeader } from "./serverClock";
import type { ErrorBody, Fault } from "./types";

export const API = "/api/v1";

type ErrorDetail = ErrorBody["error"];

/** An error of a request, with the server's sentence; `status` 0: there was no answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  /** The individual errors, if known. */
  readonly faults: Fault[];
  /** The answer could not be parsed. */
  readonly technical: string | null;
  /** How long to wait before a retry, if the server says so. */
  readonly retryAfterS: number | null;

  constructor(status: number, body: ErrorDetail, retryAfterS: number | null = null, technical: string | null = null) {
    super(body.message);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code;
    this.hint = body.hint;
    this.faults = body.faults;
    this.retryAfterS = retryAfterS;
    this.technical = technical;
  }
}

export function unreachable(technical: string): ApiError {
  const hint = "Check that `jac serve` is running. This page reconnects automatically.";
  return new ApiError(0, { code: "unreachable", message: "JAC server unreachable.", hint, faults: [] }, null, technical);
}

/** An error from the body of a non-2xx answer, whatever its format, with the answer's `Retry-After`. */
export function errorFrom(status: number, text: string, retryAfter: string | null = null): ApiError {
  const seconds = retryAfter === null || !/^\d+$/.test(retryAfter) ? null : Number(retryAfter);
  try {
    const parsed: unknown = JSON.parse(text);
    if (isErrorBody(parsed)) return new ApiError(status, { ...parsed.error, hint: parsed.error.hint ?? null, faults: parsed.error.faults ?? [] }, seconds);
  } catch {
    // Not JSON: a proxy's page, or empty; reported below.
  }
  const body = { code: `http_${status}`, message: `The server answered with status ${status}.`, hint: null, faults: [] };
  return new ApiError(status, body, seconds, text === "" ? null : text.slice(0, 500));
}

/** `hint` and `faults` may be missing if something other than the server has answered. */
interface SentError {
  error: Omit<ErrorDetail, "faults" | "hint"> & { faults?: Fault[]; hint?: string | null };
}

function isErrorBody(value: unknown): value is SentError {
  if (typeof value !== "object" || value === null || !("error" in value)) return false;
  const error = value.error;
  return typeof error === "object" && error !== null && "message" in error && "code" in error;
}

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

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
  if (!response.ok) throw errorFrom(response.status, await response.text(), response.headers.get("Retry-After"));
  return response;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send("GET", path, null, signal ?? null);
  return (await response.json()) as T;
}

/** A file as text. */
export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await send("GET", path, null, signal ?? null);
  return await response.text();
}

/** Checks whether a file is available, without downloading it: throws the error. */
export async function checkFile(path: string): Promise<void> {
  try {
    await send("HEAD", path, null, null);
  } catch {
    // That answer has no body; this one has.
    await send("GET", path, null, null);
  }
}

export async function postJson<T>(path: string, body?: unknown): Promise<T> {
  const response = await send("POST", path, body === undefined ? null : JSON.stringify(body), null);
  return (await response.json()) as T;
}

/** For answers without a body. */
export async function postNothing(path: string): Promise<void> {
  await send("POST", path, null, null);
}

export async function putJson<T>(path: string, body: unknown): Promise<T> {
  const response = await send("PUT", path, JSON.stringify(body), null);
  return (await response.json()) as T;
}

/** For answers without a body. */
export async function putNothing(path: string, body: unknown): Promise<void> {
  await send("PUT", path, JSON.stringify(body), null);
}

export async function patchJson<T>(path: string, body: unknown): Promise<T> {
  const response = await send("PATCH", path, JSON.stringify(body), null);
  return (await response.json()) as T;
}

export async function remove(path: string): Promise<void> {
  await send("DELETE", path, null, null);
}

export async function removeJson<T>(path: string): Promise<T> {
  const response = await send("DELETE", path, null, null);
  return (await response.json()) as T;
}

/** A path of several parts, each encoded, with its slashes kept. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
