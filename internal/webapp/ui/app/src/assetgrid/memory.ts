// SPDX-License-Identifier: Apache-2.0
// Where one was in a list, for each entry of the browser's history: Back comes to the same place.

/** Spot is a place in a list: how far it was scrolled, and which card had the focus. */
export type Spot = { scroll: number; place: number | null; focused: boolean; stretch: number };

const spots = new Map<string, Spot>();
const most = 50;

/** remember keeps a spot under a history entry's key and the list's name. */
export function remember(key: string, spot: Spot) {
  spots.delete(key);
  spots.set(key, spot);
  if (spots.size > most) spots.delete(spots.keys().next().value!);
}

/** recall is the spot where one was. */
export const recall = (key: string): Spot | undefined => spots.get(key);
