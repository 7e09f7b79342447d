// SPDX-License-Identifier: Apache-2.0
// What one should know: the list, the number at the bell, and where each notice leads.

import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "../../api/client";
import { queries } from "../../api/queries";
import type { GetNoticePreferencesData, GetNoticePreferencesResponse, GetNoticeStateData, GetNoticeStateResponse, ListNoticesData, ListNoticesResponse, Notice, ReadNoticeData, ReadNoticesData } from "../../api/gen";

/** noticeState is how many are unread; it is asked again every minute while the page is in sight. */
export const noticeState = queryOptions({
  queryKey: ["notices", "state"],
  queryFn: ({ signal }) => get<GetNoticeStateData, GetNoticeStateResponse>("/api/v1/notices/state", { signal }),
  refetchInterval: 60_000,
});

/** notices is a page of the list. */
export const notices = (unread: boolean, cursor: string | undefined) =>
  queryOptions({ queryKey: ["notices", "list", unread, cursor ?? ""], queryFn: ({ signal }) => get<ListNoticesData, ListNoticesResponse>("/api/v1/notices", { query: { unread, cursor, limit: 30 }, signal }) });

/** noticePreferences is how one is told of each kind. */
export const noticePreferences = queryOptions({
  queryKey: ["notice-preferences"],
  queryFn: ({ signal }) => get<GetNoticePreferencesData, GetNoticePreferencesResponse>("/api/v1/notices/preferences", { signal }),
});

/** read marks one as read. */
export async function read(id: string): Promise<void> {
  await put<ReadNoticeData>("/api/v1/notices/{id}/reading", { path: { id } });
  await queries.invalidateQueries({ queryKey: ["notices"] });
}

/** readAll marks all as read, up to the one that was seen last. */
export async function readAll(until: string | undefined): Promise<void> {
  await post<ReadNoticesData>("/api/v1/notices/reading", { body: until ? { until } : {} });
  await queries.invalidateQueries({ queryKey: ["notices"] });
}

const byPrefix: Record<string, (id: string) => string> = {
  ast: (id) => `/assets/${id}`,
  col: (id) => `/collections/${id}`,
  lnk: () => "/links",
  req: () => "/requests",
  dlv: () => "/inbox",
  blk: () => "/jobs",
};
const byKind: Record<string, string> = {
  request_delivered: "/inbox",
  contacts_review: "/admin/contacts",
  invitation_failed: "/admin/people",
  security_weakened: "/admin/settings",
  disturbance: "/admin/jobs",
  job_done: "/jobs",
  job_failed: "/jobs",
  password_set: "/preferences",
  address_changed: "/preferences",
  link_made: "/preferences",
  asset_expiring: "/?q=is%3Aexpiring",
  link_expiring: "/links",
};

/** placeOf is where a notice leads; undefined: nowhere. */
export function placeOf(n: Notice): string | undefined {
  if (n.subject) {
    const to = byPrefix[n.subject.slice(0, 3)]?.(n.subject);
    if (to && !(n.kind in { request_delivered: 1 })) return to;
  }
  return byKind[n.kind];
}
