// SPDX-License-Identifier: Apache-2.0
// Files that are the same, or look the same: side by side, made one, parted again.

import { useState } from "react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { get, post } from "../../api/client";
import type { Asset, DuplicateGroup, ListDuplicatesData, ListDuplicatesResponse, MergeAssetsData, MergeAssetsResponse, UndoMergeData } from "../../api/gen";
import { queries } from "../../api/queries";
import { listsChanged } from "../../assetgrid";
import { nameOf, pictureOf } from "../../assetgrid/name";
import { bytes, date, number, t } from "../../i18n";
import { Button, Empty, ErrorNote, Failed, Loading, Page, Pager, problemText, RadioGroup, Tabs, toast } from "../../ui";
import "../collections/collections.css";

const groups = (kind: "exact" | "near", cursor: string) =>
  queryOptions({ queryKey: ["duplicates", kind, cursor], queryFn: ({ signal }) => get<ListDuplicatesData, ListDuplicatesResponse>("/api/v1/duplicates", { query: { kind, limit: 10, ...(cursor ? { cursor } : {}) }, signal }) });

const changed = async () => {
  await queries.invalidateQueries({ queryKey: ["duplicates"] });
  await queries.invalidateQueries({ queryKey: ["collections"] });
  listsChanged();
};

/** DuplicatesScreen shows groups of suspected duplicates. */
export function DuplicatesScreen() {
  const go = useNavigate();
  const s: Record<string, string | undefined> = useSearch({ strict: false });
  return (
    <Page title={t("collections.duplicates")} wide lead={t("collections.duplicates_lead")}>
      <Tabs label={t("collections.duplicates")} selected={s["kind"] ?? "exact"} onSelect={(kind) => void go({ to: ".", search: { kind }, replace: true })} tabs={[
        { id: "exact", label: t("collections.exact"), content: <Groups kind="exact" /> },
        { id: "near", label: t("collections.near"), content: <Groups kind="near" /> },
      ]} />
    </Page>
  );
}

function Groups({ kind }: { kind: "exact" | "near" }) {
  const [cursors, setCursors] = useState<string[]>([]);
  const page = useQuery(groups(kind, cursors.at(-1) ?? ""));
  if (page.isError) return <Failed problem={page.error} retry={() => void page.refetch()} />;
  if (!page.data) return <Loading lines={6} />;
  const list = page.data.items.filter((g) => g.assets.length > 1);
  return (
    <div className="stack">
      {list.length === 0 && !page.data.next && !cursors.length ? <Empty title={t("collections.no_duplicates")}>{t("collections.no_duplicates_text")}</Empty> : list.map((g, i) => <Group key={g.assets[0]!.id} of={g} n={i + 1} />)}
      <Pager page={cursors.length + 1} back={cursors.length ? () => setCursors(cursors.slice(0, -1)) : undefined} forth={page.data.next ? () => setCursors([...cursors, page.data!.next!]) : undefined} />
    </div>
  );
}

function Group({ of, n }: { of: DuplicateGroup; n: number }) {
  const [keep, setKeep] = useState(of.assets[0]!.id);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const merge = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const done = await post<MergeAssetsData, MergeAssetsResponse>("/api/v1/assets/{id}/merges", { path: { id: keep }, body: { assets: of.assets.map((a) => a.id).filter((id) => id !== keep) } });
      await changed();
      toast(t("collections.merge_done", { n: of.assets.length, name: nameOf(done.asset) }), { action: { label: t("ui.undo"), run: () => void undo(done.merge.id) } });
      document.querySelector<HTMLElement>("#main h1")?.focus();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  return (
    <section className="card stack" aria-labelledby={`group-${of.assets[0]!.id}`}>
      <h2 id={`group-${of.assets[0]!.id}`}>{t("collections.group_n", { n, count: of.count })}</h2>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <ul className="twins">{of.assets.map((a) => <li key={a.id} className="twin"><Twin of={a} /></li>)}</ul>
      <RadioGroup label={t("collections.keep")} value={keep} onChange={setKeep} choices={of.assets.map((a, i) => ({ id: a.id, label: `${number(i + 1)}. ${nameOf(a)}`, help: `${a.name} · ${bytes(a.size)}` }))} />
      <p className="soft">{t("collections.merge_text")}</p>
      <div><Button kind="main" isPending={busy} onPress={() => void merge()}>{t("collections.merge")}</Button></div>
    </section>
  );
}

async function undo(id: string) {
  try {
    await post<UndoMergeData>("/api/v1/merges/{id}/undo", { path: { id } });
    await changed();
    toast(t("collections.merge_undone"));
  } catch (e) {
    toast(problemText(e).text, { kind: "bad" });
  }
}

function Twin({ of: a }: { of: Asset }) {
  const picture = pictureOf(a, 240);
  return (
    <>
      <span className="picture" aria-hidden>{picture && <img src={picture.url} alt="" loading="lazy" />}</span>
      <Link to={"/assets/$id" as "/"} params={{ id: a.id } as never}><bdi>{nameOf(a)}</bdi></Link>
      <dl>
        <dt>{t("collections.file")}</dt><dd><bdi>{a.name}</bdi></dd>
        <dt>{t("collections.size")}</dt><dd>{bytes(a.size)}{a.width ? ` · ${number(a.width)} × ${number(a.height ?? 0)}` : ""}</dd>
        <dt>{t("collections.uploaded")}</dt><dd>{date(a.created_at)}</dd>
        <dt>{t("collections.tags")}</dt><dd><bdi>{(a.fields["keywords"]?.values ?? []).join(", ") || "–"}</bdi></dd>
      </dl>
    </>
  );
}
