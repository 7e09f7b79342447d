// SPDX-License-Identifier: Apache-2.0
// What is asked for of share links, with the keys under which answers are kept.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { ListLinkAnswersData, ListLinkAnswersResponse, ListLinkChoicesData, ListLinkChoicesResponse, ListLinksData, ListLinksResponse, ListLinkVisitsData, ListLinkVisitsResponse } from "../../api/gen";
import { queries } from "../../api/queries";

export type LinkFilter = { of?: "mine" | "all"; state?: "open" | "expired" | "revoked" | "deleted"; cursor?: string };

/** links are a page of one's own links, or of everybody's. */
export const links = (filter: LinkFilter) =>
  queryOptions({ queryKey: ["links", filter], queryFn: ({ signal }) => get<ListLinksData, ListLinksResponse>("/api/v1/links", { query: { ...filter, limit: 50 }, signal }), placeholderData: keepPreviousData });

/** answers that came back by a link, newest first. */
export const answers = (id: string) => queryOptions({ queryKey: ["link", id, "answers"], queryFn: ({ signal }) => get<ListLinkAnswersData, ListLinkAnswersResponse>("/api/v1/links/{id}/answers", { path: { id }, query: { limit: 200 }, signal }) });

/** choices that came back by a link, newest first. */
export const choices = (id: string) => queryOptions({ queryKey: ["link", id, "choices"], queryFn: ({ signal }) => get<ListLinkChoicesData, ListLinkChoicesResponse>("/api/v1/links/{id}/choices", { path: { id }, query: { limit: 50 }, signal }) });

/** days on which a link was used. */
export const days = (id: string) => queryOptions({ queryKey: ["link", id, "days"], queryFn: ({ signal }) => get<ListLinkVisitsData, ListLinkVisitsResponse>("/api/v1/links/{id}/visits", { path: { id }, signal }) });

/** linksChanged asks anew for all that is known of links. */
export const linksChanged = () => queries.invalidateQueries({ queryKey: ["links"] });
