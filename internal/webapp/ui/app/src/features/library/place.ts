// SPDX-License-Identifier: Apache-2.0
// Where in the library one is. All of it stands in the address, so that Back, bookmarks and sent links work:
// q (what was searched), f (facets that were chosen), folder, deep (folders below too), sort, view, collection.

import { useCallback, useMemo } from "react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { filtersOf, textOf, type Filter } from "./text";

export const views = ["grid", "table", "timeline"] as const;
export type View = (typeof views)[number];
export const sorts = ["newest", "relevance", "name", "captured"] as const;
export type Sort = (typeof sorts)[number];

/** AssetQuery is what a list of assets is asked by; the same members as GET /api/v1/assets. */
export type AssetQuery = { q?: string; folder?: string; subtree?: boolean; tag?: string; collection?: string; sort?: Sort | "collection" };

/** Scope is what a view is fixed to, whatever the address says. */
export type Scope = { collection?: string; folder?: string };

export type Place = {
  q: string;
  filters: Filter[];
  folder?: string;
  deep: boolean;
  saved?: string;
  sort?: Sort;
  view: View;
  query: AssetQuery;
};

const remembered = "tillgang.view";
const lastView = (): View => {
  try {
    const v = localStorage.getItem(remembered) as View;
    return views.includes(v) ? v : "grid";
  } catch {
    return "grid";
  }
};

/** usePlace reads the address. */
export function usePlace(scope?: Scope): Place {
  const s: Record<string, string | undefined> = useSearch({ strict: false });
  const { q = "", f = "", deep, folder, sort, view, saved } = s;
  return useMemo(() => {
    const filters = filtersOf(f);
    const odd = filters.find((x) => x.key === "tag" && /["“”„‟«»]/.test(x.value));
    const query: AssetQuery = {};
    const text = [q.trim(), textOf(filters.filter((x) => x !== odd))].filter(Boolean).join(" ");
    if (text) query.q = text;
    if (odd) query.tag = odd.value;
    const where = scope?.folder ?? folder;
    if (where) query.folder = where;
    if (where && deep === "1") query.subtree = true;
    if (scope?.collection) query.collection = scope.collection;
    if (sorts.includes(sort as Sort)) query.sort = sort as Sort;
    return {
      q, filters, query,
      ...(where ? { folder: where } : {}),
      deep: deep === "1",
      ...(saved ? { saved } : {}),
      ...(query.sort ? { sort: query.sort as Sort } : {}),
      view: views.includes(view as View) ? (view as View) : lastView(),
    };
  }, [q, f, deep, folder, sort, view, saved, scope?.folder, scope?.collection]);
}

type Change = { [K in "q" | "f" | "folder" | "deep" | "sort" | "view" | "saved"]?: string | undefined };

/** useGo changes parts of the address and keeps the others; the screen stays the same. */
export function useGo(): (change: Change, replace?: boolean) => void {
  const go = useNavigate();
  return useCallback(
    (change, replace = false) => {
      if (change.view) {
        try {
          localStorage.setItem(remembered, change.view);
        } catch {
          // Private windows may refuse; the address keeps it.
        }
      }
      void go({ to: ".", search: (s: Record<string, string | undefined>) => ({ ...s, ...change }), replace, resetScroll: false });
    },
    [go],
  );
}
