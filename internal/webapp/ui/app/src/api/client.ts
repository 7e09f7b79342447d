// SPDX-License-Identifier: Apache-2.0
// The way to the server: typed by the contract, errors as problems (RFC 9457), sign-in that ended is renewed in place.

import type { Problem as ProblemBody } from "./gen";

/** Operation is what the generated types say of an operation. */
type Operation = { url: string; path?: unknown; query?: unknown; body?: unknown; headers?: unknown };

type Options<D extends Operation> = (D["path"] extends object ? { path: D["path"] } : { path?: undefined }) &
  (undefined extends D["query"] ? { query?: D["query"] } : { query: D["query"] }) &
  (D["body"] extends object ? { body: D["body"] } : { body?: D["body"] }) & { signal?: AbortSignal; ifMatch?: string | number; keepalive?: boolean; headers?: D["headers"]; /** a refused sign-in is the answer, not a reason to ask for another */ asIs?: boolean };

/** Problem is an answer that says why something was not done. Its message is a sentence for people. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Record<string, string> = {},
    readonly body?: ProblemBody,
  ) {
    super(message);
    this.name = "Problem";
  }
}

/** Offline is thrown when the server cannot be reached; nothing is known of what it did. */
export class Offline extends Error {
  constructor() {
    super("offline");
    this.name = "Offline";
  }
}

let renew: (() => Promise<boolean>) | undefined;
let renewing: Promise<boolean> | undefined;
/** onSignedOut sets what is done when the session has ended: it resolves true when somebody has signed in again. */
export function onSignedOut(fn: () => Promise<boolean>): void {
  renew = fn;
}

/** renewSession lets somebody sign in again over the page; true when they have. Many who ask at once ask once. */
export async function renewSession(): Promise<boolean> {
  if (!renew) return false;
  renewing ??= renew().finally(() => (renewing = undefined));
  return renewing;
}

function address(url: string, path: Record<string, string> | undefined, query: Record<string, unknown> | undefined): string {
  const filled = url.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path?.[name] ?? "")));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === "") continue;
    if (Array.isArray(value)) for (const one of value) search.append(name, String(one));
    else search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

async function problemOf(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as Partial<ProblemBody>;
  return new Problem(answer.status, String(body.code ?? ""), String(body.detail ?? body.title ?? answer.statusText), body.errors ?? {}, body as ProblemBody);
}

/** send asks the server; the answer is given as it came when it is a success. */
export async function send<D extends Operation>(method: string, url: D["url"], options: Options<D>): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...(options.headers as Record<string, string> | undefined) };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.ifMatch !== undefined) headers["If-Match"] = typeof options.ifMatch === "number" ? `"${options.ifMatch}"` : options.ifMatch;
  for (;;) {
    let answer: Response;
    try {
      answer = await fetch(address(url, options.path as Record<string, string>, options.query as Record<string, unknown>), {
        method,
        headers,
        body: options.body === undefined ? null : JSON.stringify(options.body),
        signal: options.signal ?? null,
        keepalive: options.keepalive ?? false,
        credentials: "same-origin",
      });
    } catch (e) {
      if (e instanceof DOMException && e.name === "AbortError") throw e;
      throw new Offline();
    }
    if (answer.ok) return answer;
    if (answer.status === 401 && !options.asIs && (await renewSession())) continue;
    throw await problemOf(answer);
  }
}

async function json<D extends Operation, R>(method: string, url: D["url"], options: Options<D>): Promise<R> {
  const answer = await send<D>(method, url, options);
  return (answer.status === 204 || answer.headers.get("content-length") === "0" ? undefined : await answer.json()) as R;
}

type Args<D extends Operation> = object extends Options<D> ? [options?: Options<D>] : [options: Options<D>];

/** get, post … ask for an operation: get<ListAssetsData, ListAssetsResponse>("/api/v1/assets", { query: { q } }). */
export const get = <D extends Operation, R = unknown>(url: D["url"], ...[options]: Args<D>): Promise<R> => json<D, R>("GET", url, (options ?? {}) as Options<D>);
export const post = <D extends Operation, R = unknown>(url: D["url"], ...[options]: Args<D>): Promise<R> => json<D, R>("POST", url, (options ?? {}) as Options<D>);
export const put = <D extends Operation, R = unknown>(url: D["url"], ...[options]: Args<D>): Promise<R> => json<D, R>("PUT", url, (options ?? {}) as Options<D>);
export const patch = <D extends Operation, R = unknown>(url: D["url"], ...[options]: Args<D>): Promise<R> => json<D, R>("PATCH", url, (options ?? {}) as Options<D>);
export const del = <D extends Operation, R = unknown>(url: D["url"], ...[options]: Args<D>): Promise<R> => json<D, R>("DELETE", url, (options ?? {}) as Options<D>);
