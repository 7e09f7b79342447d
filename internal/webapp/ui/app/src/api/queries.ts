// SPDX-License-Identifier: Apache-2.0
// What is asked for in several places, with the keys under which answers are kept. Features keep their own beside them.

import { QueryClient, queryOptions } from "@tanstack/react-query";
import { get, Offline, Problem } from "./client";
import type { GetAssetData, GetAssetResponse, GetSessionData, GetSessionResponse, ListFoldersData, ListFoldersResponse, ListPresetsData, ListPresetsResponse, Permission } from "./gen";

export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 15_000, retry: (times, e) => (e instanceof Offline || (e instanceof Problem && e.status >= 500)) && times < 3, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

/** session is who is signed in and what they may do everywhere. */
export const session = queryOptions({ queryKey: ["session"], queryFn: ({ signal }) => get<GetSessionData, GetSessionResponse>("/api/v1/session", { signal }), staleTime: 60_000 });

/** may reports whether the session holds a permission at the tenant. */
export const may = (s: GetSessionResponse | undefined, permission: Permission): boolean => !!s?.permissions.includes(permission);

/** folders below a folder (the root when none is named). */
export const folders = (parent?: string) =>
  queryOptions({ queryKey: ["folders", parent ?? ""], queryFn: ({ signal }) => get<ListFoldersData, ListFoldersResponse>("/api/v1/folders", { query: { parent }, signal }), staleTime: 30_000 });

/** asset is one asset, whole. */
export const asset = (id: string) => queryOptions({ queryKey: ["asset", id], queryFn: ({ signal }) => get<GetAssetData, GetAssetResponse>("/api/v1/assets/{id}", { path: { id }, signal }) });

/** presets are the recipes that downloads can be had in. */
export const presets = queryOptions({ queryKey: ["presets"], queryFn: ({ signal }) => get<ListPresetsData, ListPresetsResponse>("/api/v1/presets", { signal }), staleTime: 300_000 });
