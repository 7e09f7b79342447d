// SPDX-License-Identifier: Apache-2.0
// What is selected: single assets, or all that a query finds except some. "All" is never spelt out in the browser.

import type { Selection } from "../api/gen";
import { plainQuery, queryKey, type LibraryQuery } from "./query";

/** Selected is a selection. */
export type Selected = { ids: Set<string> } | { query: LibraryQuery; except: Set<string> };

/** Total is how many assets a query finds: exactly, or at least so many. */
export type Total = { n: number; exact: boolean };

/** mostSelected is how many assets can be named one by one (the server's limit). */
export const mostSelected = 20_000;

/** nothing is selected. */
export const nothing = (): Selected => ({ ids: new Set() });

/** byQuery reports whether everything that a query finds is selected, except some. */
export const byQuery = (s: Selected): s is { query: LibraryQuery; except: Set<string> } => "query" in s;

/** isSelected reports whether an asset, which the view shows, is selected. */
export const isSelected = (s: Selected, id: string): boolean => (byQuery(s) ? !s.except.has(id) : s.ids.has(id));

/** isNothing reports whether nothing is selected. */
export const isNothing = (s: Selected, total?: Total): boolean => (byQuery(s) ? !!total?.exact && s.except.size >= total.n : s.ids.size === 0);

/** countOf is how many are selected; total is what the selection's query finds. */
export function countOf(s: Selected, total: Total): Total {
  return byQuery(s) ? { n: Math.max(0, total.n - s.except.size), exact: total.exact } : { n: s.ids.size, exact: true };
}

/** toSelection is the body that POST /bulk, /archives and links take. */
export function toSelection(s: Selected): Selection {
  if (!byQuery(s)) return { ids: [...s.ids] };
  const { sort: _, ...query } = plainQuery(s.query);
  return { query, ...(s.except.size ? { except: [...s.except] } : {}) } as Selection;
}

/** fromSelection reads such a body again. */
export function fromSelection(body: Selection): Selected {
  return body.query ? { query: body.query as LibraryQuery, except: new Set(body.except ?? []) } : { ids: new Set(body.ids ?? []) };
}

type Listener = () => void;
let times = 0;

/** SelectionStore keeps the selection of one query, for all its views. */
export class SelectionStore {
  private now: Selected = nothing();
  private found: Total = { n: 0, exact: true };
  private onlyNow = 0; // not 0: which time only the selected are shown
  private listeners = new Set<Listener>();
  /** counts up at each change */
  version = 0;

  constructor(readonly query: LibraryQuery) {}

  readonly subscribe = (l: Listener): (() => void) => {
    this.listeners.add(l);
    return () => void this.listeners.delete(l);
  };
  private tell() {
    this.version++;
    for (const l of this.listeners) l();
  }

  get selected(): Selected {
    return this.now;
  }
  /** total is what the query finds, as far as the views have seen. */
  get total(): Total {
    return this.found;
  }
  get count(): Total {
    return countOf(this.now, this.found);
  }
  get isEmpty(): boolean {
    return isNothing(this.now, this.found);
  }
  /** onlySelected: the views show nothing but what is selected. */
  get onlySelected(): boolean {
    return this.onlyNow !== 0;
  }
  /** only is not 0 while only the selected are shown, and another each time */
  get only(): number {
    return this.onlyNow;
  }
  has(id: string): boolean {
    return isSelected(this.now, id);
  }

  /** setTotal is told by a view what the query finds. */
  setTotal(total: Total) {
    if (total.n === this.found.n && total.exact === this.found.exact) return;
    this.found = total;
    this.tell();
  }
  /** set selects that and nothing else; false: it is more than can be named. */
  set(selected: Selected): boolean {
    if ((byQuery(selected) ? selected.except : selected.ids).size > mostSelected) return false;
    this.now = selected;
    if (this.isEmpty) {
      this.now = nothing();
      this.onlyNow = 0;
    }
    this.tell();
    return true;
  }
  /** replace selects these and nothing else. */
  replace(ids: Iterable<string>): boolean {
    return this.set({ ids: new Set(ids) });
  }
  /** put selects these or takes them out; the others stay as they are. */
  put(ids: Iterable<string>, on: boolean): boolean {
    const s = this.now;
    if (byQuery(s)) {
      const except = new Set(s.except);
      for (const id of ids) if (on) except.delete(id); else except.add(id);
      return this.set({ query: s.query, except });
    }
    const next = new Set(s.ids);
    for (const id of ids) if (on) next.add(id); else next.delete(id);
    return this.set({ ids: next });
  }
  toggle(id: string): boolean {
    return this.put([id], !this.has(id));
  }
  /** all selects everything that the query finds, by the query. */
  all() {
    this.set({ query: this.query, except: new Set() });
  }
  clear() {
    this.set(nothing());
  }
  setOnlySelected(on: boolean) {
    this.onlyNow = on && !this.isEmpty ? ++times : 0;
    this.tell();
  }
  /** forget takes assets out that are gone. */
  forget(ids: Iterable<string>) {
    if (!byQuery(this.now)) this.put(ids, false);
  }
}

const kept = new Map<string, SelectionStore>();
const keptMost = 20;

/** selectionOf is the selection of a query, as it was left; the order of the list does not matter. */
export function selectionOf(query: LibraryQuery): SelectionStore {
  const { sort: _, ...what } = query;
  const key = queryKey(what);
  let store = kept.get(key);
  if (store) kept.delete(key);
  else store = new SelectionStore(plainQuery(what));
  kept.set(key, store);
  if (kept.size > keptMost) kept.delete(kept.keys().next().value!);
  return store;
}
