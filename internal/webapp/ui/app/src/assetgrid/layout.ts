// SPDX-License-Identifier: Apache-2.0
// Where cards stand: arithmetic only, so that a hundred thousand cost no more than ten.

/** tallest is how tall the content may become: browsers cut elements at 16 to 33 million pixels. */
export const tallest = 8_000_000;
/** mostPlaces is how many places one stretch holds at most. */
export const mostPlaces = 100_000;

/** Measures of a grid. */
export type Measures = { width: number; least: number; gap: number; caption: number; heading: number };
/** Section is a stretch of cards under a heading; from is a place. */
export type Section = { key: string; from: number; count: number };
/** Box is where something stands, in pixels from the grid's corner. */
export type Box = { x: number; y: number; width: number; height: number };

/** columnsOf is how many cards stand side by side and how large each is. */
export function columnsOf({ width, least, gap, caption }: Measures): { columns: number; card: number; height: number; row: number } {
  const min = width < 480 && least <= 240 ? Math.min(least, Math.max(120, Math.floor((width - gap) / 2))) : Math.min(least, Math.max(1, width));
  const columns = Math.max(1, Math.floor((width + gap) / (min + gap)));
  const card = Math.max(1, (width - gap * (columns - 1)) / columns);
  const height = Math.round(card * 0.75) + caption;
  return { columns, card, height, row: height + gap };
}

/** stretch is how many places fit under the height that browsers bear. */
export function stretch(m: Measures, sections = 1): number {
  const { columns, row } = columnsOf(m);
  const rows = Math.floor((tallest - sections * (m.heading + row)) / row);
  return Math.max(columns, Math.min(mostPlaces, rows * columns));
}

/** cut is the part of sections that lies between two places. */
export function cut(sections: Section[], from: number, to: number): Section[] {
  const out: Section[] = [];
  for (const s of sections) {
    const a = Math.max(s.from, from), b = Math.min(s.from + s.count, to);
    if (a < b) out.push({ key: s.key, from: a, count: b - a });
  }
  return out;
}

/** Layout places cards in rows, section by section. Sections follow each other without gaps. */
export class Layout {
  readonly columns: number;
  readonly card: number;
  readonly cardHeight: number;
  readonly row: number;
  readonly first: number;
  /** end is the place behind the last */
  readonly end: number;
  readonly height: number;
  private tops: number[] = [];

  constructor(
    readonly measures: Measures,
    readonly sections: Section[],
  ) {
    const { columns, card, height, row } = columnsOf(measures);
    this.columns = columns;
    this.card = card;
    this.cardHeight = height;
    this.row = row;
    this.first = sections[0]?.from ?? 0;
    const last = sections.at(-1);
    this.end = last ? last.from + last.count : this.first;
    let y = 0;
    for (const s of sections) {
      this.tops.push(y);
      y += measures.heading + Math.ceil(s.count / columns) * row;
    }
    this.height = Math.max(0, y - (sections.length ? measures.gap : 0));
  }

  /** sectionOf is the index of the section in which a place stands. */
  sectionOf(place: number): number {
    let a = 0, b = this.sections.length - 1;
    while (a < b) {
      const m = (a + b + 1) >> 1;
      if (this.sections[m]!.from <= place) a = m;
      else b = m - 1;
    }
    return a;
  }
  private sectionAt(y: number): number {
    let a = 0, b = this.tops.length - 1;
    while (a < b) {
      const m = (a + b + 1) >> 1;
      if (this.tops[m]! <= y) a = m;
      else b = m - 1;
    }
    return a;
  }
  /** box is where a place's card stands. */
  box(place: number): Box {
    const k = this.sectionOf(place), s = this.sections[k]!, i = place - s.from;
    return { x: (i % this.columns) * (this.card + this.measures.gap), y: this.tops[k]! + this.measures.heading + Math.floor(i / this.columns) * this.row, width: this.card, height: this.cardHeight };
  }
  /** heading is where a section's heading stands. */
  heading(k: number): Box {
    return { x: 0, y: this.tops[k]!, width: this.measures.width, height: this.measures.heading };
  }
  /** at is the first place of the row at a height. */
  at(y: number): number {
    if (!this.sections.length) return this.first;
    const k = this.sectionAt(y), s = this.sections[k]!;
    const row = Math.max(0, Math.floor((y - this.tops[k]! - this.measures.heading) / this.row));
    return Math.min(s.from + row * this.columns, s.from + Math.floor((s.count - 1) / this.columns) * this.columns);
  }
  /** between is what stands between two heights: from the first place to the one behind the last. */
  between(top: number, bottom: number): [number, number] {
    if (this.end <= this.first) return [this.first, this.first];
    const a = this.at(Math.max(0, top)), b = this.at(Math.max(0, bottom));
    const s = this.sections[this.sectionOf(b)]!;
    return [a, Math.min(b + this.columns, s.from + s.count)];
  }

  /** below is the place under a place; null: there is none. */
  below(place: number): number | null {
    const k = this.sectionOf(place), s = this.sections[k]!, i = place - s.from;
    if (i + this.columns < s.count) return place + this.columns;
    if (Math.floor(i / this.columns) < Math.floor((s.count - 1) / this.columns)) return s.from + s.count - 1;
    const next = this.sections[k + 1];
    return next ? next.from + Math.min(i % this.columns, next.count - 1) : null;
  }
  /** above is the place over a place. */
  above(place: number): number | null {
    const k = this.sectionOf(place), s = this.sections[k]!, i = place - s.from;
    if (i >= this.columns) return place - this.columns;
    const before = this.sections[k - 1];
    if (!before) return null;
    return before.from + Math.min(Math.floor((before.count - 1) / this.columns) * this.columns + (i % this.columns), before.count - 1);
  }
  /** page is the place a screenful away; steps are rows, negative upwards. */
  page(place: number, steps: number): number {
    let p = place;
    for (let i = 0; i < Math.abs(steps); i++) {
      const next = steps > 0 ? this.below(p) : this.above(p);
      if (next === null) return steps > 0 ? this.end - 1 : this.first;
      p = next;
    }
    return p;
  }
}
