// SPDX-License-Identifier: Apache-2.0
// The library by month.

import { Cards, type GridProps } from "./Cards";
import { Rail } from "./Rail";

/** Timeline shows a window by month: of capture with the sort captured, of upload with the sort newest. */
export function Timeline(props: GridProps) {
  return <Cards {...props} rail={(jump, first) => <Rail window={props.window} jump={jump} first={first} />} />;
}
