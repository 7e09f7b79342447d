// SPDX-License-Identifier: Apache-2.0
import type { AssetWindow } from "./window";
/** Rail jumps. */
export function Rail(_: { window: AssetWindow; jump(place: number): void; first: number }) {
  return null;
}
