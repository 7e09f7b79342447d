// SPDX-License-Identifier: Apache-2.0
// What the library shows: the words and conditions that a view lists by.

import type { Asset, GetAssetWindowData, ListAssetsData } from "../api/gen";

export type { Asset };

type Asked = NonNullable<GetAssetWindowData["query"]>;
/** LibraryQuery says which assets a view shows, and in which order; as in GET /assets. */
export type LibraryQuery = Omit<NonNullable<ListAssetsData["query"]>, "cursor" | "limit"> & Omit<Asked, "anchor" | "from" | "n" | "after" | "start">;
/** Sort is an order that the server lists by. */
export type Sort = NonNullable<LibraryQuery["sort"]>;

/** plainQuery leaves out what is empty and puts the rest in one order, so that equal queries look alike. */
export function plainQuery<Q extends object>(query: Q): Q {
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(query).sort()) {
    const value = (query as Record<string, unknown>)[name];
    if (value !== undefined && value !== null && value !== "" && value !== false) out[name] = value;
  }
  return out as Q;
}

/** queryKey names a query: equal queries have equal keys. */
export const queryKey = (query: object): string => JSON.stringify(plainQuery(query));

/** sortOf is the order that the server uses when none is asked for. */
export const sortOf = (query: LibraryQuery): Sort => query.sort ?? (query.q ? "relevance" : "newest");
