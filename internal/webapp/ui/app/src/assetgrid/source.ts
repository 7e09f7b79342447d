// SPDX-License-Identifier: Apache-2.0
// The server's side of a window.

import { get, post, Problem } from "../api/client";
import type { GetAssetWindowData, GetAssetWindowIdsData, GetAssetWindowIdsResponse, GetAssetWindowResponse, OpenAssetWindowData, OpenAssetWindowResponse, Selection } from "../api/gen";
import type { LibraryQuery } from "./query";
import type { Source, Span } from "./window";

const span = (query: NonNullable<GetAssetWindowData["query"]>, signal?: AbortSignal): Promise<Span> =>
  get<GetAssetWindowData, GetAssetWindowResponse>("/api/v1/assets/window", { query, ...(signal ? { signal } : {}) });

const mostIDs = 20_000; // in one answer

/** sourceOf asks the server for a query's list, or for a selection's. */
export function sourceOf(query: LibraryQuery, selection?: Selection): Source {
  return {
    open: (n, at, signal) => (selection ? post<OpenAssetWindowData, OpenAssetWindowResponse>("/api/v1/assets/window", { body: { selection }, signal }) : span({ ...query, ...at, n }, signal)),
    span: (anchor, from, n, signal) => span({ anchor, from, n }, signal),
    async ids(anchor, from, n) {
      const out: string[] = [];
      for (let at = from; at < from + n; at += mostIDs)
        out.push(...(await get<GetAssetWindowIdsData, GetAssetWindowIdsResponse>("/api/v1/assets/window/ids", { query: { anchor, from: at, n: Math.min(mostIDs, from + n - at) } })).ids);
      return out;
    },
    closed: (e) => e instanceof Problem && e.code === "window.not_found",
  };
}
