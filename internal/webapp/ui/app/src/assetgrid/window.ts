// SPDX-License-Identifier: Apache-2.0
// A long list of which only the pages in sight are here. The server freezes the list under an anchor, so places keep
// their numbers while one scrolls; each asset is shown as it is now.

import type { Asset, LibraryQuery } from "./query";

/** Span is what the server answers: the places from `from` on. An item without asset is gone. */
export type Span = { anchor: string; from: number; total: number; total_is_exact: boolean; next?: string; items: { place: number; asset?: Asset }[] };

/** Start is where a list begins that does not begin at the query's first asset: behind another list, or at a month or letter. */
export type Start = { after?: string; start?: string };

/** Source asks the server; tests bring their own. */
export type Source = {
  open(n: number, at: Start, signal: AbortSignal): Promise<Span>;
  span(anchor: string, from: number, n: number, signal: AbortSignal): Promise<Span>;
  ids(anchor: string, from: number, n: number): Promise<string[]>;
  /** whether a failure says that the anchor is no longer there */
  closed(problem: unknown): boolean;
};

/** pageSize is how many places are asked for at a time. */
export const pageSize = 200;
/** pagesKept is how many pages stay in memory. */
export const pagesKept = 10;

type Place = Asset | null;

/** AssetWindow is the list behind a view. It tells its listeners when something has come or changed. */
export class AssetWindow {
  private pages = new Map<number, Place[]>();
  private coming = new Map<number, AbortController>();
  private places = new Map<string, number>();
  private listeners = new Set<() => void>();
  private opening: Promise<void> | undefined;
  private wanted: [number, number] = [0, 0];
  private trail: Start[] = [];
  private queue: ReturnType<typeof setTimeout> | undefined;
  anchor = "";
  total = 0;
  /** exact: the list is all that the query finds */
  exact = true;
  /** next continues the query behind this list; undefined on the last */
  next: string | undefined;
  status: "opening" | "open" | "failed" = "opening";
  problem: unknown;
  version = 0;
  /** frozen counts how often the list was frozen anew */
  frozen = 0;

  constructor(
    readonly query: LibraryQuery,
    private source: Source,
    /** names the window among others; chosen: it shows a selection, not all that the query finds */
    readonly name: string = "",
    readonly chosen: boolean = false,
  ) {}

  readonly subscribe = (l: () => void): (() => void) => {
    this.listeners.add(l);
    return () => void this.listeners.delete(l);
  };
  readonly snapshot = () => this.version;
  private tell() {
    this.version++;
    for (const l of this.listeners) l();
  }

  /** get is the asset at a place; null: it is gone; undefined: not here yet. */
  get(place: number): Place | undefined {
    return this.pages.get(Math.floor(place / pageSize))?.[place % pageSize];
  }
  /** placeOf is where an asset stands, if it is among those that are here. */
  placeOf(id: string): number | undefined {
    return this.places.get(id);
  }
  /** here are the assets that are in memory. */
  *here(): Iterable<Asset> {
    for (const page of this.pages.values()) for (const a of page) if (a) yield a;
  }

  /** open asks for the list; what is known of it stays until the answer is here. */
  open(): Promise<void> {
    return (this.opening ??= this.freeze().finally(() => (this.opening = undefined)));
  }
  private async freeze(): Promise<void> {
    try {
      const span = await this.source.open(pageSize, this.trail.at(-1) ?? {}, new AbortController().signal);
      this.drop();
      this.pages.clear();
      this.places.clear();
      this.anchor = span.anchor;
      this.total = span.total;
      this.exact = span.total_is_exact;
      this.next = span.next;
      this.status = "open";
      this.problem = undefined;
      this.frozen++;
      this.keep(0, span);
      this.tell();
      this.want(...this.wanted);
    } catch (e) {
      this.problem = e;
      if (this.status !== "open") this.status = "failed";
      this.tell();
    }
  }
  /** part: the list begins behind the query's first asset */
  get part(): boolean {
    return this.trail.length > 0;
  }
  private go(trail: Start[]): Promise<void> {
    this.trail = trail;
    this.wanted = [0, 0];
    return this.opening ? this.opening.then(() => this.open()) : this.open();
  }
  /** later goes on behind the list's end, earlier goes back; begin starts the list at a month (2019-05) or letter. */
  later(): Promise<void> {
    return this.next === undefined ? Promise.resolve() : this.go([...this.trail, { after: this.next }]);
  }
  earlier(): Promise<void> {
    return this.go(this.trail.slice(0, -1));
  }
  begin(start: string): Promise<void> {
    return this.go([{ start }]);
  }

  /** reload freezes the list anew: for what came, and without what has gone. */
  reload(): Promise<void> {
    return this.open();
  }

  /** want says which places are in sight: their pages are asked for, and others no longer. */
  want(first: number, last: number, hurry = true) {
    this.wanted = [first, last];
    if (this.status !== "open" || !this.total) return;
    const a = Math.max(0, Math.floor(first / pageSize)), b = Math.floor(Math.min(last, this.total - 1) / pageSize);
    for (const [p, c] of this.coming)
      if (p < a || p > b) {
        c.abort();
        this.coming.delete(p);
      }
    clearTimeout(this.queue);
    const ask = () => {
      for (let p = a; p <= b; p++) if (!this.pages.has(p) && !this.coming.has(p)) void this.fetch(p);
    };
    if (hurry) ask();
    else this.queue = setTimeout(ask, 120); // the list is being flown over
  }

  private async fetch(page: number): Promise<void> {
    const stop = new AbortController();
    this.coming.set(page, stop);
    const anchor = this.anchor;
    try {
      const span = await this.source.span(anchor, page * pageSize, pageSize, stop.signal);
      if (stop.signal.aborted || anchor !== this.anchor) return;
      this.keep(page, span);
      this.problem = undefined;
    } catch (e) {
      if (stop.signal.aborted) return;
      if (this.source.closed(e)) return void this.open();
      this.problem = e;
    } finally {
      if (this.coming.get(page) === stop) this.coming.delete(page);
    }
    this.tell();
  }

  private keep(page: number, span: Span) {
    const list: Place[] = span.items.map((i) => i.asset ?? null);
    const before = this.pages.get(page);
    this.pages.delete(page);
    list.forEach((a, i) => {
      const old = before?.[i];
      if (a && old && old.id === a.id && old.version === a.version && old.state === a.state && old.updated_at === a.updated_at && old.renditions.length === a.renditions.length) list[i] = old; // nothing to draw again
      if (a) this.places.set(a.id, page * pageSize + i);
    });
    this.pages.set(page, list);
    // What is farthest from sight goes first.
    const middle = (this.wanted[0] + this.wanted[1]) / 2 / pageSize;
    while (this.pages.size > pagesKept) {
      const far = [...this.pages.keys()].reduce((x, y) => (Math.abs(x - middle) >= Math.abs(y - middle) ? x : y));
      for (const a of this.pages.get(far)!) if (a) this.places.delete(a.id);
      this.pages.delete(far);
      if (far === page) break;
    }
  }

  /** put replaces an asset where it stands. */
  put(asset: Asset) {
    const place = this.places.get(asset.id);
    if (place === undefined) return;
    const page = this.pages.get(Math.floor(place / pageSize));
    if (!page || page[place % pageSize] === asset) return;
    page[place % pageSize] = asset;
    this.tell();
  }
  /** refresh asks again for the pages that hold these assets (all that are here when none are named). */
  async refresh(ids?: Iterable<string>): Promise<void> {
    const pages = new Set<number>();
    if (!ids) for (const p of this.pages.keys()) pages.add(p);
    else
      for (const id of ids) {
        const place = this.places.get(id);
        if (place !== undefined) pages.add(Math.floor(place / pageSize));
      }
    await Promise.all([...pages].map((p) => this.fetch(p)));
  }
  /** retry asks again after a failure. */
  retry() {
    this.problem = undefined;
    if (this.status === "failed") {
      this.status = "opening";
      this.tell();
      void this.open();
    } else this.want(...this.wanted);
  }

  /** idsBetween are the assets at the places from a to b, both included, whether they are here or not. */
  async idsBetween(a: number, b: number): Promise<string[]> {
    const [from, to] = a <= b ? [a, b] : [b, a];
    const out: string[] = [];
    for (let i = from; i <= to; i++) {
      const asset = this.get(i);
      if (asset === undefined) return this.source.ids(this.anchor, from, to - from + 1);
      if (asset) out.push(asset.id);
    }
    return out;
  }

  /** drop stops what is being asked for. */
  drop() {
    clearTimeout(this.queue);
    for (const c of this.coming.values()) c.abort();
    this.coming.clear();
  }
}
