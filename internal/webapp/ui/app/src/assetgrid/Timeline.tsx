// SPDX-License-Identifier: Apache-2.0
// The library by month.

import type { GridProps } from "./AssetGrid";

/** Timeline shows a window by month: of capture with the sort captured, of upload with the sort newest. */
export function Timeline(_: GridProps) {
  return null;
}
