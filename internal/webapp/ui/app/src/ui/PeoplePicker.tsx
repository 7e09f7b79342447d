// SPDX-License-Identifier: Apache-2.0
// Choosing a person or a group by name.

import { useState, type ReactNode } from "react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { FindPeopleData, FindPeopleResponse, Principal } from "../api/gen";
import { t } from "../i18n";
import { announce } from "./announce";
import { Pick } from "./Pick";

/** people and groups whose name holds q; only those of a kind, where one is named. */
export const people = (q: string, kind?: "account" | "group") =>
  queryOptions({ queryKey: ["people", q, kind ?? ""], staleTime: 60_000, queryFn: ({ signal }) => get<FindPeopleData, FindPeopleResponse>("/api/v1/people", { query: { q, kind }, signal }) });

/** peopleBy tells what people, groups and keys are called. */
export const peopleBy = (ids: string[]) =>
  queryOptions({ queryKey: ["people", "by", ...ids], staleTime: 60_000, enabled: ids.length > 0, queryFn: ({ signal }) => get<FindPeopleData, FindPeopleResponse>("/api/v1/people", { query: { ids }, signal }) });

/** PeoplePicker finds people and groups by name and tells the one that is chosen; each choice empties it again. not: who is chosen already. */
export function PeoplePicker({ label, help, not = [], kind, onPick }: { label: string; help?: ReactNode; not?: string[]; kind?: "account" | "group"; onPick(p: Principal): void }) {
  const [text, setText] = useState("");
  const found = useQuery({ ...people(text, kind), placeholderData: (before: FindPeopleResponse | undefined) => before });
  const list = (found.data?.items ?? []).filter((p) => !not.includes(p.id) && (!found.isPlaceholderData || p.name.toLocaleLowerCase().includes(text.toLocaleLowerCase())));
  return (
    <Pick label={label} help={help} choices={list.map((p) => ({ id: p.id, label: p.name, help: p.kind === "group" ? t("ui.group") : t("ui.person") }))} inputValue={text} onInputChange={setText} menuTrigger="focus" allowsEmptyCollection onPick={(k) => {
      const p = list.find((x) => x.id === k);
      if (!p) return;
      announce(p.name);
      setText("");
      onPick(p);
    }} />
  );
}
