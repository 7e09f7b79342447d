// SPDX-License-Identifier: Apache-2.0
// What the library asks for, with the keys under which answers are kept.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "../../api/client";
import type {
  CompleteKeywordsData, CompleteKeywordsResponse, CompleteSearchData, CompleteSearchResponse, ExplainSearchData, ExplainSearchResponse, GetAssetFacetsData, GetAssetFacetsResponse, GetFolderData, GetFolderResponse,
  ListAssetHistoryData, ListAssetHistoryResponse, ListAssetSightingsData, ListAssetSightingsResponse, ListAssetRevisionsData, ListAssetRevisionsResponse, ListBulkData, ListBulkResponse, ListFieldsData, ListFieldsResponse,
  ListFoldersData, ListFoldersResponse, Folder,
} from "../../api/gen";
import type { AssetQuery } from "./place";

/** folder is one folder, with the way to it. */
export const folder = (id: string) => queryOptions({ queryKey: ["folder", id], queryFn: ({ signal }) => get<GetFolderData, GetFolderResponse>("/api/v1/folders/{id}", { path: { id }, signal }), staleTime: 30_000 });

/** below are all folders right below one (the root alone without a parent), by name. */
export const below = (parent: string) =>
  queryOptions({
    queryKey: ["folders", parent, "all"],
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const all: Folder[] = [];
      let cursor: string | undefined;
      do {
        const page: ListFoldersResponse = await get<ListFoldersData, ListFoldersResponse>("/api/v1/folders", { query: { ...(parent ? { parent } : {}), limit: 200, ...(cursor ? { cursor } : {}) }, signal });
        all.push(...page.items);
        cursor = page.next;
      } while (cursor && all.length < 5000);
      return all;
    },
  });

/** facets count what a query finds. */
export const facets = ({ sort: _, ...query }: AssetQuery) =>
  queryOptions({ queryKey: ["assets", "facets", query], queryFn: ({ signal }) => get<GetAssetFacetsData, GetAssetFacetsResponse>("/api/v1/assets/facets", { query, signal }), placeholderData: keepPreviousData });

/** completions of what was typed in the search box. */
export const completions = (prefix: string) =>
  queryOptions({ queryKey: ["completions", prefix], queryFn: ({ signal }) => get<CompleteSearchData, CompleteSearchResponse>("/api/v1/search/completions", { query: { prefix }, signal }), staleTime: 60_000, placeholderData: keepPreviousData });

/** keywords that begin so. */
export const keywords = (prefix: string) =>
  queryOptions({ queryKey: ["keywords", prefix], queryFn: ({ signal }) => get<CompleteKeywordsData, CompleteKeywordsResponse>("/api/v1/keywords", { query: { prefix }, signal }), staleTime: 60_000, placeholderData: keepPreviousData });

/** explanation is how a search text is understood. */
export const explanation = (q: string) =>
  queryOptions({ queryKey: ["explanation", q], queryFn: ({ signal }) => get<ExplainSearchData, ExplainSearchResponse>("/api/v1/search/explanation", { query: { q }, signal }), staleTime: Infinity });

/** definitions of all fields. */
export const definitions = queryOptions({ queryKey: ["fields"], queryFn: ({ signal }) => get<ListFieldsData, ListFieldsResponse>("/api/v1/fields", { signal }), staleTime: 300_000 });

/** history of an asset's fields, newest first. */
export const history = (id: string) => queryOptions({ queryKey: ["asset", id, "history"], queryFn: ({ signal }) => get<ListAssetHistoryData, ListAssetHistoryResponse>("/api/v1/assets/{id}/history", { path: { id }, query: { limit: 20 }, signal }) });

/** sightings: who has seen or fetched an asset. */
export const sightings = (id: string) => queryOptions({ queryKey: ["asset", id, "sightings"], queryFn: ({ signal }) => get<ListAssetSightingsData, ListAssetSightingsResponse>("/api/v1/assets/{id}/sightings", { path: { id }, query: { limit: 20 }, signal }) });

/** revisions of an asset, newest first. */
export const revisions = (id: string) => queryOptions({ queryKey: ["asset", id, "revisions"], queryFn: ({ signal }) => get<ListAssetRevisionsData, ListAssetRevisionsResponse>("/api/v1/assets/{id}/revisions", { path: { id }, signal }) });

/** jobs are one's own works with many assets. */
export const jobs = queryOptions({ queryKey: ["bulk"], queryFn: ({ signal }) => get<ListBulkData, ListBulkResponse>("/api/v1/bulk", { signal }) });
