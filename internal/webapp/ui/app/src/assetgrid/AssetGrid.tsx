// SPDX-License-Identifier: Apache-2.0
// The library as cards.

import { Cards, type GridProps } from "./Cards";
import { Rail } from "./Rail";

export type { GridProps };

/** AssetGrid shows a window as cards. It needs a SelectionProvider around it. */
export function AssetGrid(props: GridProps) {
  return <Cards {...props} rail={(jump, first) => <Rail window={props.window} jump={jump} first={first} />} />;
}
