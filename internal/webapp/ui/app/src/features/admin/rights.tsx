// SPDX-License-Identifier: Apache-2.0
// Who may do what in which folder: the tree, what is given in a folder, what reaches it from above, and what a change would do.

import { useEffect, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Folder } from "lucide-react";
import { get, post, put } from "../../api/client";
import { folders } from "../../api/queries";
import type { Effects, Folder as FolderOf, FolderRights, FolderRightsChange, GetFolderData, GetFolderGrantsData, Grant, PreviewFolderGrantsData, Principal, SetFolderGrantsData } from "../../api/gen";
import { t } from "../../i18n";
import { Button, Empty, Note, PeoplePicker, Select, Switch, Table } from "../../ui";
import { folderName } from "../library/folderName";
import { EffectsDialog } from "./effects";
import { Listed, Permissions, roleName } from "./kit";
import { roles } from "./roles";

/** Rights goes down the tree of folders on the left and shows the chosen folder's rights. */
export function Rights({ id }: { id?: string | undefined }) {
  const root = useQuery(folders());
  const here = id ?? root.data?.items[0]?.id;
  return <Listed q={root}>{(data) => !here || data.items.length === 0 ? <Empty title={t("admin.no_folders")} /> : <OfFolder key={here} id={here} />}</Listed>;
}

function OfFolder({ id }: { id: string }) {
  const folder = useQuery({ queryKey: ["folder", id], queryFn: ({ signal }) => get<GetFolderData, FolderOf>("/api/v1/folders/{id}", { path: { id }, signal }) });
  const below = useQuery(folders(id));
  return (
    <Listed q={folder}>{(f) => (
      <>
        <nav aria-label={t("admin.way")} className="crumbs"><ol>{f.path.map((p, i) => <li key={p.id}>{p.id === id ? <strong aria-current="location"><bdi>{calledBy(p, i, f)}</bdi></strong> : <Link to={`/admin/rights/${p.id}` as string}><bdi>{calledBy(p, i, f)}</bdi></Link>}</li>)}</ol></nav>
        {!!below.data?.items.length && (
          <nav aria-label={t("admin.below")}><ul className="row">{below.data.items.map((x) => <li key={x.id}><Link className="button plain" to={`/admin/rights/${x.id}` as string}><Folder size={16} aria-hidden /> <bdi>{folderName(x)}</bdi></Link></li>)}</ul></nav>
        )}
        {f.permissions.includes("folder.rights") ? <Editor folder={f} /> : <Empty title={t("ui.forbidden")}><p>{t("admin.rights_forbidden")}</p></Empty>}
      </>
    )}</Listed>
  );
}

/** calledBy is what a folder on the way is called; the way begins at the library. */
const calledBy = (p: { id: string; name: string }, i: number, f: FolderOf) => (p.id === f.id ? folderName(f) : folderName(i === 0 ? { ...p, purpose: "root" } : p));

function Editor({ folder }: { folder: FolderOf }) {
  const q = useQuery({ queryKey: ["folder-rights", folder.id], queryFn: ({ signal }) => get<GetFolderGrantsData, FolderRights>("/api/v1/folders/{id}/grants", { path: { id: folder.id }, signal }) });
  return <Listed q={q}>{(data) => <Form key={data.version} folder={folder} rights={data} />}</Listed>;
}

type Draft = { inherit: boolean; grants: Grant[]; version: number };
const keep = (id: string) => `tillgang.rights.${id}`;

function Form({ folder, rights }: { folder: FolderOf; rights: FolderRights }) {
  const cache = useQueryClient();
  const go = useNavigate();
  const all = useQuery(roles);
  const was: Draft = { inherit: rights.inherit, grants: rights.named ?? [], version: rights.version ?? 0 };
  const [draft, setDraft] = useState<Draft>(() => {
    const kept = sessionStorage.getItem(keep(folder.id));
    return kept ? (JSON.parse(kept) as Draft) : was;
  });
  const [who, setWho] = useState<Principal>();
  const [role, setRole] = useState<string>();
  const [looking, setLooking] = useState(false);
  const text = (d: Draft) => JSON.stringify([d.inherit, d.grants.map((g) => g.principal + g.role).sort()]);
  const changed = text(draft) !== text(was);
  const stale = changed && draft.version !== was.version;
  useEffect(() => {
    if (changed) sessionStorage.setItem(keep(folder.id), JSON.stringify(draft));
    else sessionStorage.removeItem(keep(folder.id));
  }, [changed, draft, folder.id]);
  const body: FolderRightsChange = { inherit: draft.inherit, grants: draft.grants.map((g) => ({ principal: g.principal, role: g.role })) };
  const add = () => {
    const r = all.data?.items.find((x) => x.id === role);
    if (!who || !r || draft.grants.some((g) => g.principal === who.id && g.role === r.id)) return;
    setDraft({ ...draft, grants: [...draft.grants, { principal: who.id, principal_name: who.name, role: r.id, role_name: r.name }] });
    setWho(undefined);
  };
  const root = folder.purpose === "root";
  const above = (id: string) => {
    const i = folder.path.findIndex((p) => p.id === id);
    return i < 0 ? t("admin.above") : calledBy(folder.path[i]!, i, folder);
  };
  return (
    <>
      <section className="card stack">
        <h2>{t("admin.given_here", { name: folderName(folder) })}</h2>
        {stale && <Note kind="warn"><p>{t("admin.rights_stale")}</p><div className="row"><Button onPress={() => setDraft(was)}>{t("admin.take_theirs")}</Button><Button onPress={() => setDraft({ ...draft, version: was.version })}>{t("admin.keep_mine")}</Button></div></Note>}
        {!root && <Switch isSelected={draft.inherit} onChange={(inherit) => setDraft({ ...draft, inherit })}>{t("admin.inherit")}</Switch>}
        {draft.grants.length === 0 ? <p className="soft">{t("admin.nothing_given_here")}</p> : (
          <Table caption={t("admin.given_here", { name: folderName(folder) })} hideCaption rows={draft.grants} rowKey={(g) => g.principal + g.role} columns={[
            { id: "n", label: t("admin.name"), header: true, cell: (g) => g.principal_name },
            { id: "r", label: t("admin.role"), cell: (g) => roleName(g.role_name) },
            { id: "x", label: t("admin.action"), cell: (g) => <Button aria-label={`${t("ui.remove")}: ${g.principal_name}, ${roleName(g.role_name)}`} onPress={() => setDraft({ ...draft, grants: draft.grants.filter((x) => x !== g) })}>{t("ui.remove")}</Button> },
          ]} />
        )}
        <div className="admin-bar">
          <div className="admin-grow"><PeoplePicker label={who ? t("admin.to_name", { name: who.name }) : t("admin.to_whom")} onPick={setWho} /></div>
          <Select label={t("admin.role")} placeholder={t("admin.choose_role")} selectedKey={role ?? null} onSelectionChange={(k) => setRole(String(k))} choices={(all.data?.items ?? []).filter((r) => r.permissions.some((p) => p.startsWith("asset.") || p.startsWith("folder."))).map((r) => ({ id: r.id, label: roleName(r.name) }))} />
          <Button isDisabled={!who || !role} onPress={add}>{t("ui.add")}</Button>
        </div>
        <div className="row">
          <Button kind="main" isDisabled={!changed || stale} onPress={() => setLooking(true)}>{t("admin.see_effects")}</Button>
          {changed && <Button onPress={() => setDraft(was)}>{t("admin.discard")}</Button>}
          {changed && <span className="soft" role="status">{t("admin.unsaved")}</span>}
        </div>
      </section>
      <section className="stack">
        <h2>{t("admin.effective")}</h2>
        <p className="soft">{t("admin.effective_text")}</p>
        <Table caption={t("admin.effective")} hideCaption rows={rights.effective} rowKey={(e) => e.principal} columns={[
          { id: "n", label: t("admin.name"), header: true, cell: (e) => e.name ?? "" },
          { id: "p", label: t("admin.permissions"), cell: (e) => <Permissions of={e.permissions} /> },
          { id: "w", label: t("admin.why"), cell: (e) => <ul className="plain">{(e.through ?? []).map((s, i) => <li key={i}>{roleName(s.role_name)} – {s.folder ? above(s.folder) : t("admin.everywhere")}</li>)}</ul> },
        ]} />
      </section>
      <EffectsDialog title={t("admin.save_rights", { name: folderName(folder) })} open={looking} onClose={() => (setLooking(false), void cache.invalidateQueries({ queryKey: ["folder-rights", folder.id] }))} said={t("admin.saved")}
        foresee={(cursor) => post<PreviewFolderGrantsData, Effects>("/api/v1/folders/{id}/grants/preview", { path: { id: folder.id }, query: { cursor }, body, ifMatch: draft.version })}
        save={async () => {
          await put<SetFolderGrantsData>("/api/v1/folders/{id}/grants", { path: { id: folder.id }, body, ifMatch: draft.version });
          sessionStorage.removeItem(keep(folder.id));
          await Promise.all([cache.invalidateQueries({ queryKey: ["folder-rights"] }), cache.invalidateQueries({ queryKey: ["folder", folder.id] }), cache.invalidateQueries({ queryKey: ["account-rights"] })]);
          void go({ to: `/admin/rights/${folder.id}` as string });
        }} />
    </>
  );
}
