// SPDX-License-Identifier: Apache-2.0
// What is decided for the organisation, whom to turn to, and the numbers.

import { queryOptions } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { GetSettingsData, GetSettingsResponse, GetStatisticsData, GetStatisticsResponse, ListContactsData, ListContactsResponse } from "../../api/gen";

/** settings of the tenant. */
export const settings = queryOptions({ queryKey: ["settings"], queryFn: ({ signal }) => get<GetSettingsData, GetSettingsResponse>("/api/v1/settings", { signal }) });

/** contacts that are named. */
export const contacts = queryOptions({ queryKey: ["contacts"], queryFn: ({ signal }) => get<ListContactsData, ListContactsResponse>("/api/v1/contacts", { signal }) });

/** statistics as they were counted last. Reading old ones has them counted again, so they are asked for some times more. */
export const statistics = queryOptions({
  queryKey: ["statistics"],
  queryFn: ({ signal }) => get<GetStatisticsData, GetStatisticsResponse>("/api/v1/statistics", { signal }),
  refetchInterval: ({ state }) => (state.dataUpdateCount < 5 && Date.now() - Date.parse(state.data?.counted_at ?? "1970-01-01") > 60_000 ? 2000 : false),
});
