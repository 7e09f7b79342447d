// SPDX-License-Identifier: Apache-2.0
// The server's side of a window.

import { get, Problem } from "../api/client";
import type { GetAssetWindowData, GetAssetWindowResponse } from "../api/gen";
import type { LibraryQuery } from "./query";
import type { Source, Span } from "./window";

const span = (query: NonNullable<GetAssetWindowData["query"]>, signal?: AbortSignal): Promise<Span> =>
  get<GetAssetWindowData, GetAssetWindowResponse>("/api/v1/assets/window", { query, ...(signal ? { signal } : {}) });

/** sourceOf asks the server for a query's list. */
export function sourceOf(query: LibraryQuery): Source {
  return {
    open: (n, at, signal) => span({ ...query, ...at, n }, signal),
    span: (anchor, from, n, signal) => span({ ...query, anchor, from, n }, signal),
    async ids(anchor, from, n) {
      const out: string[] = [];
      for (let at = from; at < from + n; at += 500) for (const i of (await span({ ...query, anchor, from: at, n: Math.min(500, from + n - at) })).items) if (i.asset) out.push(i.asset.id);
      return out;
    },
    closed: (e) => e instanceof Problem && e.code === "window.not_found",
  };
}
