// SPDX-License-Identifier: Apache-2.0
// Who is responsible for what is selected.

import { useState, type FormEvent } from "react";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { BulkChange, FindPeopleData, FindPeopleResponse } from "../../api/gen";
import { t } from "../../i18n";
import { Button, ComboBox, Dialog, ErrorNote, Form, RadioGroup } from "../../ui";
import type { Chosen } from "./actions";
import { start } from "./bulk";
import { nowText, summary } from "./summary";

const people = (query: NonNullable<FindPeopleData["query"]>) => queryOptions({ queryKey: ["people", query], staleTime: 60_000, placeholderData: keepPreviousData, queryFn: ({ signal }) => get<FindPeopleData, FindPeopleResponse>("/api/v1/people", { query, signal }) });

/** Owner asks for a person, or nobody, and changes it as a job that can be undone. */
export function Owner({ chosen, onClose }: { chosen: Chosen; onClose(): void }) {
  const [to, setTo] = useState("person");
  const [text, setText] = useState("");
  const [person, setPerson] = useState<{ id: string; name: string }>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const found = useQuery(people({ q: text.trim(), kind: "account" }));
  const now = useQuery(summary(chosen.selected));
  const owners = now.data?.fields.find((f) => f.field === "owner");
  const ids = owners?.values.map((v) => v.value) ?? [];
  const called = useQuery({ ...people({ ids }), enabled: ids.length > 0 });
  const named = (id: string) => called.data?.items.find((p) => p.id === id)?.name ?? t("library.former");
  const owner = to === "nobody" ? "nobody" : person?.id;
  const save = async (e: FormEvent) => {
    e.preventDefault();
    if (!owner) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await start(chosen.selected, { owner: owner as NonNullable<BulkChange["owner"]> }, t("library.owning"), (n) => t("library.owned", { n }));
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  return (
    <Dialog open keep size="small" title={t("library.owner_n", { n: chosen.count.n })} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="owner" isPending={busy} isDisabled={!owner}>{t("ui.save")}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form id="owner" className="stack" onSubmit={(e) => void save(e)}>
        {now.data && (!ids.length || called.data) && <p className="soft"><bdi>{nowText(owners, now.data.looked_at, named)}</bdi></p>}
        <RadioGroup label={t("library.owner_new")} value={to} onChange={setTo} choices={[{ id: "person", label: t("library.owner_person") }, { id: "nobody", label: t("library.owner_nobody") }]} />
        {to === "person" && (
          <ComboBox label={t("library.owner_find")} menuTrigger="focus" allowsEmptyCollection inputValue={text} onInputChange={(v) => { setText(v); if (person && v !== person.name) setPerson(undefined); }} choices={(found.data?.items ?? []).map((p) => ({ id: p.id, label: p.name }))} selectedKey={person?.id ?? null} onSelectionChange={(k) => {
            const p = found.data?.items.find((x) => x.id === k);
            if (!p) return;
            setPerson({ id: p.id, name: p.name });
            setText(p.name);
          }} />
        )}
      </Form>
    </Dialog>
  );
}
