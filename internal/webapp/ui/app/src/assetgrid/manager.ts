// SPDX-License-Identifier: Apache-2.0
// Focus and selection of a grid as React Aria's hooks want to have them, over places on one side and the selection of
// assets on the other. It never changes its identity: each card listens for what concerns itself.

import type { Key, MultipleSelectionManager, SelectionBehavior } from "./aria";
import type { SparseCollection } from "./collection";
import { byQuery, nothing, type Selected, type SelectionStore } from "./selection";
import type { AssetWindow } from "./window";

const none = new Set<Key>();
const some = new Set<Key>([0]);

/** Manager is the state of one grid. */
export class Manager implements MultipleSelectionManager {
  readonly selectionMode = "multiple" as const;
  readonly disabledKeys = none;
  readonly disabledBehavior = "all" as const;
  readonly disallowEmptySelection = false;
  readonly childFocusStrategy = null;
  /** nothing is announced by React Aria: the grid says it better */
  readonly rawSelection = none;
  selectionBehavior: SelectionBehavior = "replace";
  isFocused = false;
  focusedKey: number | null = null;
  /** entering: the focus is just coming in, which selects nothing */
  entering = false;
  private from: number | null = null; // where Shift extends from
  private base: Selected = nothing(); // what was selected besides
  private pending: number | null = null; // to be selected when it is here
  private extending = 0;
  private listeners = new Set<() => void>();
  version = 0;

  constructor(
    readonly collection: SparseCollection,
    readonly window: AssetWindow,
    readonly store: SelectionStore,
    /** told when more is to be selected than can be named */
    private tooMany: () => void,
    /** told when everything was selected */
    private everything: () => void,
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
  /** bits are what a card looks at; it is drawn again when they change. */
  bits(place: number): number {
    const focused = this.focusedKey === place;
    return (this.isSelected(place) ? 1 : 0) | (focused ? 2 : 0) | (focused && this.isFocused ? 4 : 0) | (this.selectionBehavior === "toggle" ? 8 : 0) | (this.selectionBehavior === "toggle" && this.isEmpty ? 16 : 0);
  }
  /** changed: the store or the window changed. */
  changed() {
    if (this.store.isEmpty && this.selectionBehavior === "toggle") this.selectionBehavior = "replace";
    if (this.pending !== null && this.window.get(this.pending) !== undefined) {
      const place = this.pending;
      this.pending = null;
      if (this.focusedKey === place) this.replaceSelection(place);
    }
    this.tell();
  }
  private id(place: number): string | undefined {
    return this.window.get(place)?.id;
  }

  setFocused(on: boolean) {
    if (this.isFocused === on) return;
    this.isFocused = on;
    this.tell();
  }
  setFocusedKey(key: Key | null) {
    const place = key === null ? null : Number(key);
    if (this.focusedKey === place) return;
    this.focusedKey = place;
    this.tell();
  }
  setSelectionBehavior(b: SelectionBehavior) {
    this.selectionBehavior = b;
    this.tell();
  }

  get isEmpty(): boolean {
    return this.store.isEmpty;
  }
  get isSelectAll(): boolean {
    return byQuery(this.store.selected) && this.store.selected.except.size === 0;
  }
  get selectedKeys(): Set<Key> {
    return this.isEmpty ? none : some; // only its size is asked for
  }
  /** firstSelectedKey is where the focus comes in: the first selected card that is here, else the first in sight. */
  get firstSelectedKey(): Key | null {
    const s = this.store.selected;
    let first: number | null = null;
    if (!byQuery(s) && s.ids.size)
      for (const a of this.window.here())
        if (s.ids.has(a.id)) {
          const p = this.window.placeOf(a.id)!;
          if (p >= this.collection.first && p < this.collection.end && (first === null || p < first)) first = p;
        }
    return first ?? this.inSight();
  }
  get lastSelectedKey(): Key | null {
    return this.inSight();
  }
  /** inSight is the first place in sight; the grid sets it. */
  inSight: () => number | null = () => null;

  isSelected(key: Key): boolean {
    const asset = this.window.get(Number(key));
    return asset ? this.store.has(asset.id) : asset === undefined && byQuery(this.store.selected);
  }
  isSelectionEqual(): boolean {
    return false;
  }
  canSelectItem(key: Key): boolean {
    return this.window.get(Number(key)) !== null;
  }
  isDisabled(): boolean {
    return false;
  }
  isLink(): boolean {
    return false;
  }
  getItemProps(): object {
    return {};
  }

  private begin(place: number) {
    this.from = place;
    this.extending++;
    const s = this.store.selected;
    this.base = byQuery(s) ? s : { ids: new Set(s.ids) };
  }
  private done(ok: boolean) {
    if (!ok) this.tooMany();
  }

  replaceSelection(key: Key) {
    if (this.entering) return;
    const place = Number(key), id = this.id(place);
    this.from = place;
    this.base = nothing();
    this.extending++;
    if (id) this.store.replace([id]);
    else if (this.window.get(place) === undefined) this.pending = place;
  }
  toggleSelection(key: Key) {
    const id = this.id(Number(key));
    if (!id) return;
    this.done(this.store.toggle(id));
    this.begin(Number(key));
  }
  extendSelection(key: Key) {
    const to = Number(key);
    if (this.from === null) this.begin(this.focusedKey ?? to);
    const from = this.from!, turn = ++this.extending;
    const [a, b] = from <= to ? [from, to] : [to, from];
    if (a === 0 && b === this.window.total - 1 && this.window.exact && !this.window.part && !this.window.chosen) return this.selectAll();
    void this.window.idsBetween(a, b).then((ids) => {
      if (turn !== this.extending) return;
      const s = this.store.selected;
      if (byQuery(this.base) && byQuery(s)) this.done(this.store.put(ids, true));
      else if (!byQuery(this.base)) this.done(this.store.set({ ids: new Set([...this.base.ids, ...ids]) }));
    });
  }
  /** extendFrom extends from a place unless Shift has already begun somewhere. */
  extendFrom(from: number, to: number) {
    if (this.from === null) this.begin(from);
    this.extendSelection(to);
  }
  setSelectedKeys() {
    // React Aria asks for this only with links.
  }
  select(key: Key) {
    this.replaceSelection(key);
  }
  selectAll() {
    this.extending++;
    this.store.all();
    this.everything();
  }
  clearSelection() {
    this.extending++;
    this.from = null;
    this.store.clear();
  }
  toggleSelectAll() {
    if (this.isSelectAll) this.clearSelection();
    else this.selectAll();
  }
}
