// SPDX-License-Identifier: Apache-2.0
// How the asset belongs together with others.

import { useRef, useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, X } from "lucide-react";
import { del, get, put } from "../../api/client";
import { queries } from "../../api/queries";
import type { Asset, ListAssetsData, ListAssetsResponse, RelateAssetData, RelateAssetResponse, RelationName, UnrelateAssetData } from "../../api/gen";
import { t } from "../../i18n";
import { announce, Button, Dialog, ErrorNote, Failed, IconButton, Loading, RadioGroup, SearchField, Select, toast } from "../../ui";
import { relations } from "./queries";
import { can, picture, said, titleOf } from "./text";

const names: RelationName[] = ["derived_from", "source_of", "part_of", "whole_of", "crop_of", "uncut_of", "translation_of", "translated_as", "replaces", "replaced_by", "same_shoot", "accompanies"];

/** RelationsPart lists an asset's relations, makes and ends them. */
export function RelationsPart({ asset: a }: { asset: Asset }) {
  const q = useQuery(relations(a.id));
  const [adding, setAdding] = useState(false);
  const head = useRef<HTMLHeadingElement>(null);
  const end = useMutation({
    mutationFn: (r: { name: RelationName; other: string }) => del<UnrelateAssetData>("/api/v1/assets/{id}/relations/{name}/{other}", { path: { id: a.id, ...r } }),
    onSuccess: async (_, r) => {
      await queries.invalidateQueries({ queryKey: ["asset", a.id, "relations"] });
      head.current?.focus();
      toast(t("asset.relation_ended"), { action: { label: t("ui.undo"), run: () => void begin(r.name, r.other) } });
    },
  });
  const begin = async (name: RelationName, other: string) => {
    const list = await put<RelateAssetData, RelateAssetResponse>("/api/v1/assets/{id}/relations/{name}/{other}", { path: { id: a.id, name, other } });
    queries.setQueryData(["asset", a.id, "relations"], list);
    void queries.invalidateQueries({ queryKey: ["asset", other, "relations"] });
  };
  if (q.isPending) return <Loading />;
  if (q.error) return <Failed problem={q.error} retry={() => void q.refetch()} />;
  const mine = can(a, "asset.edit");
  return (
    <div className="stack">
      <div className="spread">
        <h2 ref={head} tabIndex={-1}>{t("asset.relations")}</h2>
        {mine && <Button onPress={() => setAdding(true)}><Plus size={16} aria-hidden />{t("asset.relation_add")}</Button>}
      </div>
      {end.error && <ErrorNote problem={end.error} />}
      {q.data.items.length === 0 && <p className="soft">{t("asset.no_relations")}</p>}
      {names.filter((n) => q.data.items.some((r) => r.name === n)).map((n) => (
        <section key={n} className="stack">
          <h3>{t(`asset.relation_${n}`)}</h3>
          <ul className="others">
            {q.data.items.filter((r) => r.name === n).map((r) => (
              <li key={r.asset.id}>
                <Thumb a={r.asset} />
                <Link to={"/assets/$id" as string} params={{ id: r.asset.id } as never}>{titleOf(r.asset)}</Link>
                {mine && <IconButton label={t("asset.relation_end", { title: titleOf(r.asset) })} onPress={() => end.mutate({ name: n, other: r.asset.id })}><X size={16} aria-hidden /></IconButton>}
              </li>
            ))}
          </ul>
        </section>
      ))}
      {adding && <AddRelation a={a} onClose={() => setAdding(false)} onAdd={async (name, other) => { await begin(name, other); setAdding(false); toast(t("asset.relation_made")); }} />}
    </div>
  );
}

/** Thumb is a small picture of an asset, for lists. */
export function Thumb({ a }: { a: Asset }) {
  const p = picture(a, 96);
  return <span className="thumb">{p ? <img src={p.url} alt="" width={p.width} height={p.height} loading="lazy" /> : <span className="small soft">{said(`terms.type_${a.kind}`, a.kind)}</span>}</span>;
}

function AddRelation({ a, onClose, onAdd }: { a: Asset; onClose(): void; onAdd(name: RelationName, other: string): Promise<void> }) {
  const [name, setName] = useState<RelationName>("derived_from");
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const [other, setOther] = useState("");
  const found = useQuery({ queryKey: ["assets", "relate", asked], queryFn: ({ signal }) => get<ListAssetsData, ListAssetsResponse>("/api/v1/assets", { query: { ...(asked ? { q: asked } : {}), limit: 12 }, signal }) });
  const add = useMutation({ mutationFn: () => onAdd(name, other) });
  const list = (found.data?.items ?? []).filter((x) => x.id !== a.id);
  return (
    <Dialog title={t("asset.relation_add")} open keep onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" isDisabled={!other} isPending={add.isPending} onPress={() => add.mutate()}>{t("ui.add")}</Button>
      </>
    }>
      {add.error && <ErrorNote problem={add.error} />}
      <Select label={t("asset.relation_name")} value={name} onChange={(k) => setName(k as RelationName)} choices={names.map((id) => ({ id, label: t(`asset.relation_${id}`) }))} />
      <SearchField autoFocus label={t("asset.relation_search")} value={text} onChange={setText} onSubmit={(v) => { setAsked(v.trim()); setOther(""); }} onClear={() => setAsked("")} />
      <Button onPress={() => { setAsked(text.trim()); setOther(""); announce(t("ui.loading")); }}>{t("asset.search")}</Button>
      {found.isPending ? <Loading /> : found.error ? <ErrorNote problem={found.error} retry={() => void found.refetch()} /> : list.length === 0 ? <p className="soft" role="status">{t("ui.nothing_found")}</p> : (
        <RadioGroup label={t("asset.relation_other", { n: list.length })} value={other} onChange={setOther} choices={list.map((x) => ({ id: x.id, label: titleOf(x), help: x.name }))} />
      )}
    </Dialog>
  );
}
