// SPDX-License-Identifier: Apache-2.0
// Who can see the asset, and why: by which grant, through which groups, from which folder, and what its state takes away.

import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import type { AccessInsight, Asset } from "../../api/gen";
import { t } from "../../i18n";
import { Badge, Button, Dialog, Empty, Failed, Loading, Note, Pager, Table } from "../../ui";
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
  const q = useQuery(access(a.id, cursors.at(-1)));
  if (q.isPending) return <Loading lines={6} />;
  if (q.error) return <Failed problem={q.error} retry={() => void q.refetch()} />;
  if (!q.data.items.length) return <Empty title={t("asset.nobody_sees")} />;
  return (
    <div className="stack">
      <p className="soft">{t("asset.access_lead")}</p>
      <Table caption={t("asset.who_sees")} rows={q.data.items} rowKey={(i) => i.principal} columns={[
        { id: "name", header: true, label: t("asset.name"), cell: (i) => <>{i.name} {i.kind === "key" && <Badge>{t("asset.key")}</Badge>}</> },
        { id: "why", label: t("asset.why"), cell: (i) => (i.through[0] ? wayText(i.through[0]) + (i.through.length > 1 ? ` ${t("asset.and_more", { n: i.through.length - 1 })}` : "") : "–") },
        { id: "more", label: t("asset.explanation"), cell: (i) => <Button onPress={() => setWhose(i.principal)} aria-label={`${t("asset.explain")}: ${t("asset.explain_for", { name: i.name })}`}>{t("asset.explain")}</Button> },
      ]} />
      <Pager page={cursors.length + 1} back={cursors.length ? () => setCursors((c) => c.slice(0, -1)) : undefined} forth={q.data.next ? () => setCursors((c) => [...c, q.data.next!]) : undefined} />
      <Explained asset={a} principal={whose} onClose={() => setWhose(undefined)} />
    </div>
  );
}

/** Explained says what somebody may do with an asset, and why. */
function Explained({ asset: a, principal, onClose }: { asset: Asset; principal: string | undefined; onClose(): void }) {
  const q = useQuery({ ...explained(a.id, principal ?? ""), enabled: !!principal });
  const i = q.data;
  return (
    <Dialog title={i ? t("asset.explain_for", { name: i.name }) : t("asset.explanation")} open={!!principal} onClose={onClose} size="medium">
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
