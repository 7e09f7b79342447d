// SPDX-License-Identifier: Apache-2.0
// What React Aria's hooks are given instead of a collection of all items: nodes are made when they are looked at.
// Keys are places in the window.

import type { Collection, Key, Node } from "@react-types/shared";
import type { Asset } from "./query";
import type { AssetWindow } from "./window";

export type Card = Node<Asset>;

/** SparseCollection is a stretch of a window. Its nodes keep their identity as long as their asset does. */
export class SparseCollection implements Collection<Card> {
  private nodes = new Map<number, Card>();
  private last = -1;
  first = 0;
  end = 0;

  constructor(readonly window: AssetWindow) {}

  get size(): number {
    return this.end - this.first;
  }
  getItem(key: Key): Card | null {
    const place = Number(key);
    if (!(place >= 0 && place < this.window.total)) return null;
    if (this.last !== this.window.frozen) {
      this.nodes.clear();
      this.last = this.window.frozen;
    }
    const value = this.window.get(place) ?? null;
    let node = this.nodes.get(place);
    if (!node || node.value !== value) {
      node = { type: "item", key: place, value, level: 0, hasChildNodes: false, childNodes: [], rendered: null, textValue: "", index: place, props: {} } as unknown as Card;
      if (this.nodes.size > 4000) this.nodes.clear();
      this.nodes.set(place, node);
    }
    return node;
  }
  at(i: number): Card | null {
    return this.getItem(this.first + i);
  }
  *getKeys(): IterableIterator<Key> {
    for (let i = this.first; i < this.end; i++) yield i;
  }
  *[Symbol.iterator](): IterableIterator<Card> {
    for (let i = this.first; i < this.end; i++) yield this.getItem(i)!;
  }
  getKeyBefore(key: Key): Key | null {
    return Number(key) > this.first ? Number(key) - 1 : null;
  }
  getKeyAfter(key: Key): Key | null {
    return Number(key) + 1 < this.end ? Number(key) + 1 : null;
  }
  getFirstKey(): Key | null {
    return this.size > 0 ? this.first : null;
  }
  getLastKey(): Key | null {
    return this.size > 0 ? this.end - 1 : null;
  }
  getChildren(): Iterable<Card> {
    return [];
  }
  getTextValue(): string {
    return "";
  }
}
