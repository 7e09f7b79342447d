// SPDX-License-Identifier: Apache-2.0
// What is asked for about upload requests, and what is done with them.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get } from "../../api/client";
import { queries } from "../../api/queries";
import type { FieldDefinition, ListFieldsData, ListFieldsResponse, ListModerationData, ListModerationResponse, ListUploadRequestsData, ListUploadRequestsResponse } from "../../api/gen";
import { has, language, t } from "../../i18n";

/** requests are the upload requests that somebody looks after: those that take files, or those that have ended. */
export const requests = (ended: boolean) =>
  infiniteQueryOptions({
    queryKey: ["requests", ended],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => get<ListUploadRequestsData, ListUploadRequestsResponse>("/api/v1/upload-requests", { query: { ended, cursor: pageParam || undefined }, signal }),
    getNextPageParam: (p) => p.next,
  });

/** inbox is what came in from outside and waits. */
export const inbox = (request: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["inbox", request ?? ""],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => get<ListModerationData, ListModerationResponse>("/api/v1/moderation", { query: { request, cursor: pageParam || undefined, limit: 50 }, signal }),
    getNextPageParam: (p) => p.next,
  });

/** definitions are the tenant's fields. */
export const definitions = queryOptions({ queryKey: ["fields"], queryFn: ({ signal }) => get<ListFieldsData, ListFieldsResponse>("/api/v1/fields", { signal }), staleTime: 300_000 });

/** nameOf is what a field is called. */
export function nameOf(name: string, all: FieldDefinition[] = []): string {
  const key = `terms.field_${name}`;
  if (has(key)) return t(key);
  const f = all.find((d) => d.name === name);
  return f?.label?.[language] ?? Object.values(f?.label ?? {})[0] ?? name;
}

/** changed makes lists read anew what was done to requests or to what came in. */
export const changed = () => Promise.all([queries.invalidateQueries({ queryKey: ["requests"] }), queries.invalidateQueries({ queryKey: ["inbox"] }), queries.invalidateQueries({ queryKey: ["assets"] })]);
