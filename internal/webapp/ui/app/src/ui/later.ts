// SPDX-License-Identifier: Apache-2.0
// Parts whose code comes when they are first wanted: dialogs, menus, messages. The first visit fetches none of them.

import { useEffect, useReducer } from "react";

/** Later is such a part. */
export type Later<T> = { now: T | undefined; get(): Promise<T> };

/** later makes one of what fetches it. What could not be fetched is fetched again when it is wanted again. */
export function later<T>(load: () => Promise<T>): Later<T> {
  let coming: Promise<T> | undefined;
  const part: Later<T> = {
    now: undefined,
    get: () =>
      (coming ??= load().then(
        (x) => (part.now = x),
        (e: unknown) => {
          coming = undefined;
          throw e;
        },
      )),
  };
  return part;
}

/** useLater gives the part once it is here; failed is called when it cannot be had. */
export function useLater<T>(part: Later<T>, wanted: boolean, failed?: () => void): T | undefined {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (!wanted || part.now) return;
    let alive = true;
    part.get().then(
      () => alive && again(),
      () => alive && failed?.(),
    );
    return () => void (alive = false);
  }, [part, wanted]); // eslint-disable-line
  return part.now;
}
