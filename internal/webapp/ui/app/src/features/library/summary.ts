// SPDX-License-Identifier: Apache-2.0
// What many files have in their fields now.

import { queryOptions } from "@tanstack/react-query";
import { post } from "../../api/client";
import type { BulkSummary, SummariseSelectionData, SummariseSelectionResponse } from "../../api/gen";
import { toSelection, type Selected } from "../../assetgrid";
import { t } from "../../i18n";

export type Sum = BulkSummary["fields"][number];

/** summary asks for it. It is asked anew each time: others edit too. */
export const summary = (selected: Selected) =>
  queryOptions({ queryKey: ["bulk", "summary", JSON.stringify(toSelection(selected))], gcTime: 0, staleTime: Infinity, queryFn: ({ signal }) => post<SummariseSelectionData, SummariseSelectionResponse>("/api/v1/bulk/summary", { body: { selection: toSelection(selected) }, signal }) });

/** nowText says it in a sentence: the same everywhere, different things with how many have each, or nothing. */
export function nowText(has: Sum | undefined, looked: number, named: (value: string) => string): string {
  if (!has || has.empty >= looked) return t("library.now_nothing");
  if (has.same) return t("library.now_same", { value: has.list ? has.values.map((v) => named(v.value)).join(", ") : named(has.values[0]?.value ?? "") });
  const few = has.values.slice(0, 4);
  const list = few.map((v) => t("library.now_count", { value: named(v.value), n: v.count }));
  if (has.distinct > few.length) list.push(t("library.now_more", { n: has.distinct - few.length }));
  if (has.empty) list.push(t("library.now_empty", { n: has.empty }));
  return t("library.now_mixed", { values: list.join(", ") });
}
