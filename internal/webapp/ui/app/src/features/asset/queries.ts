// SPDX-License-Identifier: Apache-2.0
// What the asset page asks the server. One asset stands under ["asset", id], its parts below that.

import { queryOptions } from "@tanstack/react-query";
import { get, send } from "../../api/client";
import { queries } from "../../api/queries";
import type {
  Asset, DocumentPage, ExplainAssetAccessData, ExplainAssetAccessResponse, GetAssetApprovalData, GetAssetApprovalResponse, GetAssetPageData, GetAssetWindowData, GetAssetWindowResponse, GetFramingData, GetFramingResponse,
  ListApprovalStepsData, ListApprovalStepsResponse, ListAssetAccessData, ListAssetAccessResponse, ListAssetHistoryData, ListAssetHistoryResponse, ListAssetRelationsData, ListAssetRelationsResponse,
  ListAssetRevisionsData, ListAssetRevisionsResponse, ListAssetSightingsData, ListAssetSightingsResponse, ListCommentsData, ListCommentsResponse, ListFieldsData, ListFieldsResponse, ListTermsData, ListTermsResponse,
} from "../../api/gen";

export type { Asset };

/** saved puts an asset that the server has answered with in the place of the one that is shown. */
export function saved(a: Asset): void {
  queries.setQueryData(["asset", a.id], a);
  void queries.invalidateQueries({ queryKey: ["asset", a.id, "history"] });
  void queries.invalidateQueries({ queryKey: ["asset", a.id, "approval"] });
}

export const fields = queryOptions({ queryKey: ["fields"], queryFn: ({ signal }) => get<ListFieldsData, ListFieldsResponse>("/api/v1/fields", { signal }), staleTime: 300_000 });

export const terms = (id: string) => queryOptions({ queryKey: ["terms", id], queryFn: ({ signal }) => get<ListTermsData, ListTermsResponse>("/api/v1/taxonomies/{id}/terms", { path: { id }, signal }), staleTime: 300_000 });

export const framing = (id: string) => queryOptions({ queryKey: ["asset", id, "framing"], queryFn: ({ signal }) => get<GetFramingData, GetFramingResponse>("/api/v1/assets/{id}/framing", { path: { id }, signal }) });

export const revisions = (id: string) => queryOptions({ queryKey: ["asset", id, "revisions"], queryFn: ({ signal }) => get<ListAssetRevisionsData, ListAssetRevisionsResponse>("/api/v1/assets/{id}/revisions", { path: { id }, signal }) });

export const relations = (id: string) => queryOptions({ queryKey: ["asset", id, "relations"], queryFn: ({ signal }) => get<ListAssetRelationsData, ListAssetRelationsResponse>("/api/v1/assets/{id}/relations", { path: { id }, signal }) });

export const comments = (id: string, open: boolean) => queryOptions({ queryKey: ["asset", id, "comments", open], queryFn: ({ signal }) => get<ListCommentsData, ListCommentsResponse>("/api/v1/assets/{id}/comments", { path: { id }, query: { open, limit: 200 }, signal }) });

export const approval = (id: string) => queryOptions({ queryKey: ["asset", id, "approval"], queryFn: ({ signal }) => get<GetAssetApprovalData, GetAssetApprovalResponse>("/api/v1/assets/{id}/approval", { path: { id }, signal }) });

export const approvalSteps = queryOptions({ queryKey: ["approval-states"], queryFn: ({ signal }) => get<ListApprovalStepsData, ListApprovalStepsResponse>("/api/v1/approval-states", { signal }), staleTime: Infinity });

export const access = (id: string, cursor?: string) => queryOptions({ queryKey: ["asset", id, "access", cursor ?? ""], queryFn: ({ signal }) => get<ListAssetAccessData, ListAssetAccessResponse>("/api/v1/assets/{id}/access", { path: { id }, query: { cursor, limit: 25 }, signal }) });

export const explained = (id: string, principal: string) => queryOptions({ queryKey: ["asset", id, "access-of", principal], queryFn: ({ signal }) => get<ExplainAssetAccessData, ExplainAssetAccessResponse>("/api/v1/assets/{id}/access/{principal}", { path: { id, principal }, signal }) });

export const history = (id: string, cursor?: string) => queryOptions({ queryKey: ["asset", id, "history", cursor ?? ""], queryFn: ({ signal }) => get<ListAssetHistoryData, ListAssetHistoryResponse>("/api/v1/assets/{id}/history", { path: { id }, query: { cursor, limit: 25 }, signal }) });

export const sightings = (id: string) => queryOptions({ queryKey: ["asset", id, "sightings"], queryFn: ({ signal }) => get<ListAssetSightingsData, ListAssetSightingsResponse>("/api/v1/assets/{id}/sightings", { path: { id }, query: { limit: 50 }, signal }) });

/** page is one page of a document; null while it is being made. */
export const page = (id: string, number: number) =>
  queryOptions({
    queryKey: ["asset", id, "page", number],
    queryFn: async ({ signal }): Promise<DocumentPage | null> => {
      const answer = await send<GetAssetPageData>("GET", "/api/v1/assets/{id}/pages/{number}", { path: { id, number }, signal });
      return answer.status === 202 ? null : ((await answer.json()) as DocumentPage);
    },
    refetchInterval: (q) => (q.state.data === null ? 1500 : false),
    staleTime: 120_000,
  });

/** around are the places beside one in a list that was frozen. */
export const around = (anchor: string, at: number) =>
  queryOptions({ queryKey: ["asset-around", anchor, at], queryFn: ({ signal }) => get<GetAssetWindowData, GetAssetWindowResponse>("/api/v1/assets/window", { query: { anchor, from: Math.max(0, at - 1), n: at === 0 ? 2 : 3 }, signal }), staleTime: 60_000 });
