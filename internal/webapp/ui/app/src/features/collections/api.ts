// SPDX-License-Identifier: Apache-2.0
// What is asked and done about collections.

import { queryOptions } from "@tanstack/react-query";
import { del, get, patch, post, put } from "../../api/client";
import type {
  AddToCollectionData, AddToCollectionResponse, Collection, CreateCollectionData, CreateCollectionResponse, DeleteCollectionData, GetCollectionData, GetCollectionResponse, ListCollectionSharesData,
  ListCollectionSharesResponse, ListCollectionsData, ListCollectionsResponse, ListQueuesData, ListQueuesResponse, MoveInCollectionData, RemoveFromCollectionData, RestoreCollectionData, SetCollectionSharesData, UpdateCollectionData,
} from "../../api/gen";
import { queries } from "../../api/queries";
import { listsChanged } from "../../assetgrid";

/** collections by a filter, at most 200. */
export const collections = (query: NonNullable<ListCollectionsData["query"]>) =>
  queryOptions({ queryKey: ["collections", "list", query], staleTime: 30_000, queryFn: async ({ signal }) => (await get<ListCollectionsData, ListCollectionsResponse>("/api/v1/collections", { query: { limit: 200, ...query }, signal })).items });

/** collection is one of them, with the way to it. */
export const collection = (id: string) => queryOptions({ queryKey: ["collections", "one", id], queryFn: ({ signal }) => get<GetCollectionData, GetCollectionResponse>("/api/v1/collections/{id}", { path: { id }, signal }) });

/** shares are those with whom a collection is shared by name. */
export const shares = (id: string) => queryOptions({ queryKey: ["collections", "shares", id], queryFn: ({ signal }) => get<ListCollectionSharesData, ListCollectionSharesResponse>("/api/v1/collections/{id}/shares", { path: { id }, signal }) });

/** queues are the work that waits. */
export const queues = queryOptions({ queryKey: ["assets", "queues"], staleTime: 60_000, queryFn: ({ signal }) => get<ListQueuesData, ListQueuesResponse>("/api/v1/queues", { signal }) });

const changed = () => queries.invalidateQueries({ queryKey: ["collections"] });
const path = (id: string) => ({ path: { id } });
const told = async <T>(doing: Promise<T>, lists = false): Promise<T> => {
  const out = await doing;
  await changed();
  if (lists) listsChanged();
  return out;
};

export const create = (body: CreateCollectionData["body"]) => told(post<CreateCollectionData, CreateCollectionResponse>("/api/v1/collections", { body }));
export const edit = (c: Collection, body: UpdateCollectionData["body"]) => told(patch<UpdateCollectionData>("/api/v1/collections/{id}", { ...path(c.id), body, ifMatch: c.version }));
export const bin = (id: string) => told(del<DeleteCollectionData>("/api/v1/collections/{id}", path(id)));
export const restore = (id: string) => told(post<RestoreCollectionData>("/api/v1/collections/{id}/restoration", path(id)));
export const share = (id: string, list: SetCollectionSharesData["body"]["shares"]) => told(put<SetCollectionSharesData>("/api/v1/collections/{id}/shares", { ...path(id), body: { shares: list } }));
export const addTo = (id: string, ids: string[]) => told(post<AddToCollectionData, AddToCollectionResponse>("/api/v1/collections/{id}/assets", { ...path(id), body: { ids } }), true);
export const removeFrom = (id: string, ids: string[]) => told(post<RemoveFromCollectionData>("/api/v1/collections/{id}/removals", { ...path(id), body: { ids } }), true);
export const moveIn = (id: string, body: MoveInCollectionData["body"]) => told(post<MoveInCollectionData>("/api/v1/collections/{id}/moves", { ...path(id), body }), true);
