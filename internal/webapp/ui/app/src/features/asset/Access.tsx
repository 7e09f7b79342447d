// SPDX-License-Identifier: Apache-2.0
// Who can see the asset, and why: by which grant, through which groups, from which folder, and what its state takes away.

import { useRef, useState } from "react";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { AccessInsight, Asset, FindPeopleData, FindPeopleResponse } from "../../api/gen";
import { t } from "../../i18n";
import { Badge, Button, Pick, Dialog, Empty, Failed, Loading, Note, Pager, Table } from "../../ui";
import { access, explained } from "./queries";
import { said } from "./text";

const permission = (p: string) => said(`asset.may_${p.replaceAll(".", "_")}`, p);
type Way = AccessInsight["through"][number];

/** wayText is one grant as a sentence. */
function wayText(w: Way): string {
  const via = w.via.map((g) => g.name).join(" → ");
  const where = w.folder_name ? t("asset.through_folder", { role: w.role, folder: w.folder_name }) : t("asset.through_tenant", { role: w.role });
  return via ? t("asset.through_group", { group: via, what: where }) : where;
}

/** AccessPart lists who sees the asset, and explains each. */
export function AccessPart({ asset: a }: { asset: Asset }) {
  const [cursors, setCursors] = useState<string[]>([]);
  const [whose, setWhose] = useState<string>();
  const from = useRef<HTMLElement | null>(null); // who was found by typing is asked about from a list that is gone when the dialog opens
  const q = useQuery(access(a.id, cursors.at(-1)));
  if (q.isPending) return <Loading lines={6} />;
  if (q.error) return <Failed problem={q.error} retry={() => void q.refetch()} />;
  return (
    <div className="stack">
      {!q.data.items.length ? <Empty title={t("asset.nobody_sees")} /> : <><p className="soft">{t("asset.access_lead")}</p>
      <Table caption={t("asset.who_sees")} rows={q.data.items} rowKey={(i) => i.principal} columns={[
        { id: "name", header: true, label: t("asset.name"), cell: (i) => <>{i.name} {i.kind === "key" && <Badge>{t("asset.key")}</Badge>}</> },
        { id: "why", label: t("asset.why"), cell: (i) => (i.through[0] ? wayText(i.through[0]) + (i.through.length > 1 ? ` ${t("asset.and_more", { n: i.through.length - 1 })}` : "") : "–") },
        { id: "more", label: t("asset.explanation"), cell: (i) => <Button onPress={() => setWhose(i.principal)} aria-label={t("asset.explain_for", { name: i.name })}>{t("asset.explain")}</Button> },
      ]} /></>}
      <Pager page={cursors.length + 1} back={cursors.length ? () => setCursors((c) => c.slice(0, -1)) : undefined} forth={q.data.next ? () => setCursors((c) => [...c, q.data.next!]) : undefined} />
      <section className="stack" aria-labelledby="ask-other">
        <h2 id="ask-other">{t("asset.ask_other")}</h2>
        <Other onChoose={(id) => { from.current = document.activeElement as HTMLElement; setWhose(id); }} />
      </section>
      <Explained asset={a} principal={whose} onClose={() => { setWhose(undefined); setTimeout(() => { from.current?.focus(); from.current = null; }, 50); }} />
    </div>
  );
}

const people = (q: string) => queryOptions({ queryKey: ["people", "persons", q], queryFn: ({ signal }) => get<FindPeopleData, FindPeopleResponse>("/api/v1/people", { query: { q, kind: "account" }, signal }) });

/** Other finds anybody, also those who do not see the asset. */
function Other({ onChoose }: { onChoose(id: string): void }) {
  const [typed, setTyped] = useState("");
  const q = useQuery({ ...people(typed), placeholderData: keepPreviousData });
  const found = (q.data?.items ?? []).map((p) => ({ id: p.id as string, label: p.name })).filter((p) => !q.isPlaceholderData || p.label.toLocaleLowerCase().includes(typed.toLocaleLowerCase()));
  return <Pick label={t("asset.person_or_key")} help={t("asset.ask_other_help")} choices={found} inputValue={typed} onInputChange={setTyped}  menuTrigger="focus" allowsEmptyCollection onPick={(k) => { onChoose(k); setTyped(""); }} />;
}

/** Explained says what somebody may do with an asset, and why. */
function Explained({ asset: a, principal, onClose }: { asset: Asset; principal: string | undefined; onClose(): void }) {
  const q = useQuery({ ...explained(a.id, principal ?? ""), enabled: !!principal });
  const i = q.data;
  return (
    <Dialog title={i ? t(i.sees ? "asset.explain_for" : "asset.explain_not_for", { name: i.name }) : t("asset.explanation")} open={!!principal} onClose={onClose} size="medium">
      {q.error ? <Failed problem={q.error} /> : !i ? <Loading /> : (
        <>
          <Note kind={i.sees ? "good" : "warn"}>{i.gone ? t("asset.gone") : i.sees ? t("asset.sees") : t("asset.sees_not")}</Note>
          <section><h3>{t("asset.through")}</h3>{i.through.length ? <ul className="events">{i.through.map((w, n) => <li key={n}>{wayText(w)}<span className="soft small">{w.permissions.map(permission).join(", ")}</span></li>)}</ul> : <p className="soft">{t("asset.through_none")}</p>}</section>
          {i.limits.length > 0 && <section><h3>{t("asset.limits")}</h3><ul className="events">{i.limits.map((l, n) => <li key={n}>{t(`asset.limit_${l.rule}`)}{l.takes.length > 0 && <span className="soft small">{t("asset.takes_away", { list: l.takes.map(permission).join(", ") })}</span>}</li>)}</ul></section>}
          <section><h3>{t("asset.may_now")}</h3><p>{i.permissions.length ? i.permissions.map(permission).join(", ") : t("asset.nothing")}</p></section>
        </>
      )}
    </Dialog>
  );
}
