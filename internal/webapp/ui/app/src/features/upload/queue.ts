// SPDX-License-Identifier: Apache-2.0
// The uploads of this window: what waits, what is under way, what needs an answer. It lives outside React, so going
// from screen to screen disturbs nothing. Files go by the tus protocol 1.0.0, three at a time.

import type { DetailedError, Upload as Tus } from "tus-js-client";
import { del, get, Offline, post, Problem, renewSession } from "../../api/client";
import type { AcceptUploadData, AcceptUploadResponse, ListAssetsData, ListAssetsResponse, TerminateUploadData } from "../../api/gen";
import { pathOf, type Chosen } from "./files";
import { FolderMaker } from "./folders";

/** State of an upload; asked: it waits for an answer to `question`. */
export type State = "waiting" | "sending" | "storing" | "asked" | "done" | "used" | "failed" | "stopped";
/** Answer to what to do with a file that is here already. */
export type Answer = "use" | "revision" | "keep";

export type Item = {
  readonly key: number;
  readonly file: File;
  /** folders between the target and the file */
  readonly path: string[];
  readonly target: string | undefined;
  state: State;
  sent: number;
  /** the asset it has become, or that is there already */
  asset?: string;
  /** why it failed, or what is asked: the same bytes are here, or another file of this name is */
  problem?: unknown;
  question?: "same" | "name";
  decided?: Answer;
  tus?: Tus;
  /** ends the wait for tus, which says nothing when it is stopped */
  end?: () => void;
  /** how often the connection was lost since bytes last came through */
  lost?: number;
  /** address of the upload on the server, once it has begun */
  url?: string;
};

/** Tally is how many are in each state, and how many bytes of all have come through. */
export type Tally = { of: Record<State, number>; bytes: number; sent: number };
const none = (): Tally => ({ of: { waiting: 0, sending: 0, storing: 0, asked: 0, done: 0, used: 0, failed: 0, stopped: 0 }, bytes: 0, sent: 0 });

const atOnce = 3;
let chunk = 32 << 20;
/** setChunk bounds the bytes of one request, for proxies that allow less. */
export const setChunk = (bytes: number): void => void (chunk = bytes);

export class Queue {
  items: Item[] = [];
  /** answer that holds for all further questions */
  always: Partial<Record<"same" | "name", Answer>> = {};
  /** uploads of the server that this window has had in hand */
  readonly known = new Set<string>();
  onDone: (assets: string[]) => void = () => {};
  private next = 1;
  private running = 0;
  /** what waits, in its order, from `front` on: ten thousand files are not looked through for each one of them */
  private line: Item[] = [];
  private front = 0;
  private listeners = new Set<() => void>();
  private tick = 0;
  private folders = new FolderMaker();
  version = 0;

  subscribe = (l: () => void) => (this.listeners.add(l), () => void this.listeners.delete(l));
  snapshot = () => this.version;

  /** changed tells listeners, at most once a frame: progress comes often. */
  private changed() {
    this.tallyOf = -1;
    if (this.tick) return;
    this.tick = window.setTimeout(() => {
      this.tick = 0;
      this.version++;
      for (const l of this.listeners) l();
    }, 60);
  }

  /** add puts files into the queue and begins. target is a folder's identifier; undefined: the inbox. */
  add(files: Chosen[], target: string | undefined, at?: { url: string; file: File }): void {
    if (at) this.known.add(at.url.split("/").pop()!);
    for (const { file, path } of files) {
      const item: Item = { key: this.next++, file, path, target, state: "waiting", sent: 0, ...(at?.file === file ? { url: at.url } : {}) };
      this.items.push(item);
      this.line.push(item);
    }
    this.changed();
    this.go();
  }

  get active(): boolean {
    const { of } = this.tally();
    return of.waiting + of.sending + of.storing > 0;
  }

  private tallied: Tally = none();
  private tallyOf = -1;
  /** tally counts once for each version, in one go through the items. */
  tally(): Tally {
    if (this.tallyOf === this.version) return this.tallied;
    const sum = none();
    for (const i of this.items) {
      sum.of[i.state]++;
      if (i.state === "stopped") continue;
      sum.bytes += i.file.size;
      sum.sent += i.state === "done" || i.state === "used" ? i.file.size : i.sent;
    }
    this.tallyOf = this.version;
    return (this.tallied = sum);
  }

  /** wait puts an item at the end of the line. */
  private wait(item: Item) {
    item.state = "waiting";
    this.line.push(item);
  }

  private go() {
    while (this.running < atOnce && this.front < this.line.length) {
      const item = this.line[this.front++]!;
      if (this.front > 500) {
        this.line = this.line.slice(this.front);
        this.front = 0;
      }
      if (item.state !== "waiting") continue;
      this.running++;
      item.state = "sending";
      void this.run(item).finally(() => {
        this.running--;
        this.changed();
        this.go();
      });
    }
  }

  private async run(item: Item) {
    try {
      const folder = await this.folders.ensure(item.target, item.path);
      if (!item.url && !item.decided && folder) {
        const there = await this.sameName(folder, item.file.name);
        if (there) {
          item.asset = there;
          const answer = this.always.name;
          if (!answer) return this.ask(item, "name");
          item.decided = answer;
        }
      }
      if ((item.state as State) === "stopped") return;
      if (item.decided === "use") return void (item.state = "used");
      await this.send(item, folder);
    } catch (e) {
      if ((item.state as State) === "stopped") return;
      if (e instanceof Problem && e.code === "asset.duplicate") {
        if (e.body?.id) item.asset = e.body.id;
        if (this.always.same) return await this.answer(item, this.always.same);
        return this.ask(item, "same");
      }
      item.state = "failed";
      item.problem = e;
      // A server that is gone for a moment while the network is there: begin again by itself, five times.
      if (e instanceof Offline && navigator.onLine && (item.lost = (item.lost ?? 0) + 1) <= 5)
        window.setTimeout(() => item.state === "failed" && item.problem === e && this.retry(item), 500 << item.lost);
    } finally {
      this.changed();
    }
  }

  private ask(item: Item, question: "same" | "name") {
    item.state = "asked";
    item.question = question;
  }

  private async sameName(folder: string, name: string): Promise<string | undefined> {
    const quoted = name.replace(/["\\]/g, " ");
    const list = await get<ListAssetsData, ListAssetsResponse>("/api/v1/assets", { query: { folder, q: `name:"${quoted}"`, limit: 10 } }).catch((e: unknown) => {
      if (e instanceof Problem && e.status === 422) return undefined; // the name cannot be asked for; then it is not asked
      throw e;
    });
    return list?.items.find((a) => a.name.localeCompare(name, undefined, { sensitivity: "accent" }) === 0)?.id;
  }

  private async send(item: Item, folder: string | undefined): Promise<void> {
    const { Upload } = await import("tus-js-client"); // not before it is needed
    if ((item.state as State) === "stopped") return;
    return new Promise((resolve, reject) => {
      const metadata: Record<string, string> = { filename: item.file.name, filetype: item.file.type || "application/octet-stream", path: pathOf(item.path) };
      if (item.decided === "revision" && item.asset) metadata["asset"] = item.asset; // it goes where its asset is
      else if (folder) metadata["folder"] = folder;
      if (item.decided !== "revision" && this.always.same === "keep") metadata["on_duplicate"] = "keep";
      let asset: string | undefined;
      const tus = new Upload(item.file, {
        endpoint: "/api/v1/uploads",
        uploadUrl: item.url ?? null,
        metadata,
        chunkSize: chunk,
        retryDelays: [500, 1500, 4000, 8000],
        storeFingerprintForResuming: false, // the server knows one's unfinished uploads
        onUploadUrlAvailable: () => {
          item.url = tus.url ?? undefined;
          if (item.url) this.known.add(item.url.split("/").pop()!);
        },
        onProgress: (sent) => {
          if (sent > item.sent) item.lost = 0;
          item.sent = sent;
          if (sent === item.file.size) item.state = "storing";
          this.changed();
        },
        onAfterResponse: (_, answer) => void (asset = answer.getHeader("Tillgang-Asset") ?? asset),
        onShouldRetry: (e) => {
          const status = (e as DetailedError).originalResponse?.getStatus() ?? 0;
          return navigator.onLine && (status === 0 || status === 409 || status === 423 || status >= 500) && !duplicate(e as DetailedError);
        },
        onSuccess: () => {
          item.state = "done";
          item.sent = item.file.size;
          if (asset) item.asset = asset;
          if (item.asset) this.onDone([item.asset]);
          resolve();
        },
        onError: (e) => {
          const problem = problemOf(e as DetailedError);
          if (problem instanceof Problem && problem.status === 401)
            renewSession().then((in_) => (in_ ? this.send(item, folder).then(resolve, reject) : reject(problem)), reject);
          else reject(problem);
        },
      });
      item.tus = tus;
      item.end = () => reject(new Error("stopped"));
      tus.start();
    });
  }

  /** answer decides about one item that is asked about; all: and about every other one of the same question. */
  async answer(item: Item, answer: Answer, all = false): Promise<void> {
    const question = item.question ?? "same";
    if (all) {
      this.always[question] = answer;
      for (const other of this.items) if (other !== item && other.state === "asked" && other.question === question) void this.answer(other, answer);
    }
    try {
      if (question === "name") {
        item.decided = answer;
        if (answer !== "revision") delete item.asset;
        if (answer === "use") item.state = "used";
        else this.wait(item);
        return;
      }
      const id = item.url?.split("/").pop();
      item.state = "storing";
      if (answer === "keep" && id) {
        const stored = await post<AcceptUploadData, AcceptUploadResponse>("/api/v1/uploads/{id}/acceptance", { path: { id } });
        item.state = "done";
        if (stored.asset) {
          item.asset = stored.asset;
          this.onDone([stored.asset]);
        }
      } else {
        if (id) await del<TerminateUploadData>("/api/v1/uploads/{id}", { path: { id }, headers: { "Tus-Resumable": "1.0.0" } }).catch(() => undefined); // it expires by itself
        item.state = "used";
      }
    } catch (e) {
      item.state = "failed";
      item.problem = e;
    } finally {
      this.changed();
      this.go();
    }
  }

  /** retry begins a failed or stopped item again, from where it stopped. */
  retry(item: Item): void {
    if (item.problem instanceof Problem && [404, 410].includes(item.problem.status)) delete item.url; // the server has given it up
    delete item.problem;
    this.wait(item);
    this.changed();
    this.go();
  }

  /** retryLost goes on with everything that failed for want of a connection. */
  retryLost(): void {
    for (const i of this.items) if (i.state === "failed" && i.problem instanceof Offline) this.retry(i);
  }

  /** stop ends an item; what came of it is destroyed. */
  async stop(item: Item): Promise<void> {
    item.state = "stopped";
    item.end?.();
    this.changed();
    await item.tus?.abort(true).catch(() => undefined); // it expires by itself
    delete item.url;
  }

  /** stopAll ends everything that is not finished. */
  stopAll(): void {
    for (const i of this.items) if (["waiting", "sending", "storing", "asked"].includes(i.state)) void this.stop(i);
  }

  /** tidy forgets what needs no more attention. */
  tidy(): void {
    this.items = this.items.filter((i) => !["done", "used", "stopped"].includes(i.state));
    this.always = {};
    this.changed();
  }
}

function duplicate(e: DetailedError): boolean {
  const p = problemOf(e);
  return p instanceof Problem && p.code === "asset.duplicate";
}

function problemOf(e: DetailedError): unknown {
  const answer = e.originalResponse;
  if (!answer) return new Offline();
  try {
    const body = JSON.parse(answer.getBody()) as { code?: string; detail?: string; title?: string; id?: string; errors?: Record<string, string> };
    return new Problem(answer.getStatus(), body.code ?? "", body.detail ?? body.title ?? "", body.errors ?? {}, body as never);
  } catch {
    return new Problem(answer.getStatus(), "", "");
  }
}

/** uploads is the queue of this window. */
export const uploads = new Queue();
