// SPDX-License-Identifier: Apache-2.0
// Choosing a person or a group by name.

import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { ListAccountsData, ListAccountsResponse, ListGroupsData, ListGroupsResponse } from "../../api/gen";
import { t } from "../../i18n";
import { ComboBox } from "../../ui";

/** Chosen is who was chosen. */
export type Chosen = { id: string; name: string };

/** Who finds groups and people by what is typed; each choice empties it again. */
export function Who({ label, help, without, onChoose }: { label: string; help?: string; without?: string[]; onChoose(who: Chosen): void }) {
  const [text, setText] = useState("");
  const groups = useQuery({ queryKey: ["groups"], queryFn: ({ signal }) => get<ListGroupsData, ListGroupsResponse>("/api/v1/groups", { signal }), retry: false });
  const people = useQuery({ queryKey: ["accounts", "who", text], queryFn: ({ signal }) => get<ListAccountsData, ListAccountsResponse>("/api/v1/accounts", { query: { q: text, limit: 20 }, signal }), retry: false, placeholderData: (before) => before });
  const all = [
    ...(groups.data?.items ?? []).filter((g) => g.name.toLocaleLowerCase().includes(text.toLocaleLowerCase())).map((g) => ({ id: g.id, label: g.name, help: t("admin.kind_group") })),
    ...(people.data?.items ?? []).filter((a) => a.state !== "deactivated").map((a) => ({ id: a.id, label: a.name, help: a.email })),
  ].filter((c) => !without?.includes(c.id));
  return (
    <ComboBox label={label} help={help} choices={all} inputValue={text} onInputChange={setText} selectedKey={null} menuTrigger="focus" allowsEmptyCollection onSelectionChange={(k) => {
      const one = all.find((c) => c.id === k);
      if (!one) return;
      onChoose({ id: one.id, name: one.label });
      setText("");
    }} />
  );
}
