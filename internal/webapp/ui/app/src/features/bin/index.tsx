// SPDX-License-Identifier: Apache-2.0
// The bin: what was deleted, how long it can be had back, and destroying it for good.

import { useState, type ReactNode } from "react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { del, get, post } from "../../api/client";
import type {
  Asset, Collection, Folder, ListBinData, ListBinResponse, ListCollectionBinData, ListCollectionBinResponse, ListFolderBinData, ListFolderBinResponse, PurgeAssetData, PurgeCollectionData, PurgeFolderData, RestoreAssetData, RestoreCollectionData,
  RestoreFolderData,
} from "../../api/gen";
import { queries, session } from "../../api/queries";
import { listsChanged } from "../../assetgrid";
import { nameOf, pictureOf } from "../../assetgrid/name";
import { date, t } from "../../i18n";
import { announce, Button, Confirm, Empty, ErrorNote, Failed, Loading, Page, Pager, Table, Tabs, toast } from "../../ui";
import "../collections/collections.css";

type Row = { id: string; name: string; deleted?: string | undefined; purges?: string | undefined; picture?: ReactNode; note?: string; purge: boolean };
type Sort = { id: "files" | "folders" | "collections"; page(cursor?: string): Promise<{ rows: Row[]; next?: string | undefined }>; restore(id: string): Promise<unknown>; purge(id: string): Promise<unknown> };

const by = (id: string) => ({ path: { id } });
const at = (cursor?: string) => ({ query: { limit: 50, ...(cursor ? { cursor } : {}) } });

const files: Sort = {
  id: "files",
  page: async (c) => {
    const p = await get<ListBinData, ListBinResponse>("/api/v1/bin", at(c));
    return { rows: p.items.map((a: Asset) => ({ id: a.id, name: nameOf(a), deleted: a.deleted_at, purges: a.purges_at, purge: a.permissions.includes("asset.purge"), ...(a.merged_into ? { note: t("collections.merged") } : {}), picture: pictureOf(a, 56) && <img src={pictureOf(a, 56)!.url} alt="" loading="lazy" /> })), next: p.next };
  },
  restore: (id) => post<RestoreAssetData>("/api/v1/assets/{id}/restoration", by(id)),
  purge: (id) => del<PurgeAssetData>("/api/v1/bin/{id}", by(id)),
};
const folders: Sort = {
  id: "folders",
  page: async (c) => {
    const p = await get<ListFolderBinData, ListFolderBinResponse>("/api/v1/bin/folders", at(c));
    return { rows: p.items.map((f: Folder) => ({ id: f.id, name: f.path.slice(1).map((x) => x.name).join(" / ") || f.name, deleted: f.deleted_at, purges: f.purges_at, purge: f.permissions.includes("asset.purge") })), next: p.next };
  },
  restore: (id) => post<RestoreFolderData>("/api/v1/folders/{id}/restoration", by(id)),
  purge: (id) => del<PurgeFolderData>("/api/v1/bin/folders/{id}", by(id)),
};
const lists: Sort = {
  id: "collections",
  page: async (c) => {
    const p = await get<ListCollectionBinData, ListCollectionBinResponse>("/api/v1/bin/collections", at(c));
    return { rows: p.items.map((x: Collection) => ({ id: x.id, name: x.name, deleted: x.deleted_at, purges: x.purges_at, purge: true })), next: p.next };
  },
  restore: (id) => post<RestoreCollectionData>("/api/v1/collections/{id}/restoration", by(id)),
  purge: (id) => del<PurgeCollectionData>("/api/v1/bin/collections/{id}", by(id)),
};

/** BinScreen shows what was deleted. */
export function BinScreen() {
  const go = useNavigate();
  const who = useQuery(session);
  const s: Record<string, string | undefined> = useSearch({ strict: false });
  return (
    <Page title={t("collections.bin")} wide lead={who.data && t("collections.bin_lead", { n: who.data.bin_days })}>
      <Tabs label={t("collections.bin")} selected={s["part"] ?? "files"} onSelect={(part) => void go({ to: ".", search: { part }, replace: true })} tabs={[
        { id: "files", label: t("collections.bin_files"), content: <Part of={files} /> },
        { id: "folders", label: t("collections.bin_folders"), content: <Part of={folders} /> },
        { id: "collections", label: t("collections.title"), content: <Part of={lists} /> },
      ]} />
    </Page>
  );
}

const left = (purges: string | undefined): number => (purges ? Math.max(0, Math.ceil((new Date(purges).getTime() - Date.now()) / 86_400_000)) : 0);

function Part({ of }: { of: Sort }) {
  const [cursors, setCursors] = useState<string[]>([]);
  const [asked, setAsked] = useState<Row>();
  const [problem, setProblem] = useState<unknown>();
  const cursor = cursors.at(-1);
  const page = useQuery(queryOptions({ queryKey: ["bin", of.id, cursor ?? ""], queryFn: () => of.page(cursor) }));
  const changed = async () => {
    await queries.invalidateQueries({ queryKey: ["bin"] });
    await queries.invalidateQueries({ queryKey: ["folders"] });
    await queries.invalidateQueries({ queryKey: ["collections"] });
    listsChanged();
  };
  const restore = async (r: Row) => {
    setProblem(undefined);
    try {
      await of.restore(r.id);
      await changed();
      toast(t("collections.restored", { name: r.name }));
      document.querySelector<HTMLElement>("#main h1")?.focus();
    } catch (e) {
      setProblem(e);
    }
  };
  if (page.isError) return <Failed problem={page.error} retry={() => void page.refetch()} />;
  if (!page.data) return <Loading />;
  if (!page.data.rows.length && !cursor) return <Empty title={t("collections.bin_empty")}>{t("collections.bin_empty_text")}</Empty>;
  return (
    <div className="stack">
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Table caption={t("collections.bin")} hideCaption rows={page.data.rows} rowKey={(r) => r.id} columns={[
        ...(of.id === "files" ? [{ id: "picture", label: t("collections.picture"), cell: (r: Row) => <span className="bin-picture">{r.picture}</span> }] : []),
        { id: "name", label: t("collections.name"), header: true, cell: (r: Row) => <><bdi>{r.name}</bdi>{r.note && <span className="soft"> {r.note}</span>}</> },
        { id: "deleted", label: t("collections.deleted"), cell: (r: Row) => (r.deleted ? date(r.deleted) : "") },
        { id: "left", label: t("collections.left"), cell: (r: Row) => t("collections.days", { n: left(r.purges) }) },
        { id: "acts", label: t("collections.acts"), cell: (r: Row) => (
          <span className="row">
            <Button aria-label={t("collections.restore_name", { name: r.name })} onPress={() => void restore(r)}>{t("collections.restore")}</Button>
            {r.purge && <Button kind="quiet" aria-label={t("collections.purge_name", { name: r.name })} onPress={() => setAsked(r)}>{t("collections.purge")}</Button>}
          </span>
        ) },
      ]} />
      <Pager page={cursors.length + 1} back={cursors.length ? () => setCursors(cursors.slice(0, -1)) : undefined} forth={page.data.next ? () => setCursors([...cursors, page.data!.next!]) : undefined} />
      {asked && (
        <Confirm open danger title={t("collections.purge_title", { name: asked.name })} action={t("collections.purge")} onClose={() => setAsked(undefined)} onConfirm={async () => {
          await of.purge(asked.id);
          await changed();
          announce(t("collections.purged", { name: asked.name }));
        }}>
          <p>{t(`collections.purge_${of.id}`)}</p>
        </Confirm>
      )}
    </div>
  );
}
