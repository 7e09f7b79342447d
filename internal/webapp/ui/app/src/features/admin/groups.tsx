// SPDX-License-Identifier: Apache-2.0
// Groups, and who is in them. Each change shows what it opens and closes before it is made.

import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { del, get, patch, post, put } from "../../api/client";
import type { AddGroupMemberData, CreateGroupData, CreateGroupResponse, DeleteGroupData, Effects, ListGroupMembersData, ListGroupMembersResponse, ListGroupsData, ListGroupsResponse, PreviewGroupData, Principal, RemoveGroupMemberData, UpdateGroupData } from "../../api/gen";
import { date, t } from "../../i18n";
import { Button, Empty, PeoplePicker, Table, TextField } from "../../ui";
import { EffectsDialog } from "./effects";
import { FormDialog, Listed } from "./kit";

const groups = { queryKey: ["groups"], queryFn: ({ signal }: { signal: AbortSignal }) => get<ListGroupsData, ListGroupsResponse>("/api/v1/groups", { signal }) };

/** Groups lists all groups, or shows one. */
export function Groups({ id }: { id?: string | undefined }) {
  return id ? <Group id={id} /> : <All />;
}

function All() {
  const q = useQuery(groups);
  const cache = useQueryClient();
  const go = useNavigate();
  const [making, setMaking] = useState(false);
  const [name, setName] = useState("");
  const add = <Button kind="main" onPress={() => setMaking(true)}>{t("admin.new_group")}</Button>;
  return (
    <>
      <Listed q={q}>{(data) => data.items.length === 0 ? <Empty title={t("admin.no_groups")} action={add}><p>{t("admin.no_groups_text")}</p></Empty> : <>
        <div className="row">{add}</div>
        <Table caption={t("admin.groups")} hideCaption rows={data.items} rowKey={(g) => g.id} columns={[
          { id: "n", label: t("admin.name"), header: true, cell: (g) => <Link to={`/admin/groups/${g.id}` as string}>{g.name}</Link> },
          { id: "m", label: t("admin.members"), number: true, cell: (g) => g.members },
          { id: "c", label: t("admin.made"), cell: (g) => date(g.created_at) },
        ]} />
      </>}</Listed>
      <FormDialog title={t("admin.new_group")} open={making} action={t("ui.save")} said={t("admin.saved")} onClose={() => setMaking(false)} onSubmit={async () => {
        const made = await post<CreateGroupData, CreateGroupResponse>("/api/v1/groups", { body: { name } });
        setName("");
        await cache.invalidateQueries({ queryKey: ["groups"] });
        void go({ to: `/admin/groups/${made.id}` as string });
      }}>{(errors) => <TextField label={t("admin.name")} value={name} onChange={setName} isRequired autoFocus error={errors["name"]} />}</FormDialog>
    </>
  );
}

type Doing = { add: Principal } | { remove: Principal } | { delete: true };

function Group({ id }: { id: string }) {
  const cache = useQueryClient();
  const go = useNavigate();
  const all = useQuery(groups);
  const q = useQuery({ queryKey: ["group", id], queryFn: ({ signal }) => get<ListGroupMembersData, ListGroupMembersResponse>("/api/v1/groups/{id}/members", { path: { id }, signal }) });
  const [doing, setDoing] = useState<Doing>();
  const [naming, setNaming] = useState(false);
  const group = all.data?.items.find((g) => g.id === id);
  const [name, setName] = useState("");
  const changed = () => Promise.all([cache.invalidateQueries({ queryKey: ["group", id] }), cache.invalidateQueries({ queryKey: ["groups"] }), cache.invalidateQueries({ queryKey: ["account-rights"] })]);
  const body = !doing ? {} : "add" in doing ? { add: [doing.add.id] } : "remove" in doing ? { remove: [doing.remove.id] } : { delete: true };
  const save = async () => {
    if (!doing) return;
    if ("add" in doing) await put<AddGroupMemberData>("/api/v1/groups/{id}/members/{member}", { path: { id, member: doing.add.id } });
    else if ("remove" in doing) await del<RemoveGroupMemberData>("/api/v1/groups/{id}/members/{member}", { path: { id, member: doing.remove.id } });
    else {
      await del<DeleteGroupData>("/api/v1/groups/{id}", { path: { id } });
      void go({ to: "/admin/groups" as string });
    }
    await changed();
  };
  return (
    <>
      <p><Link to={"/admin/groups" as string}>{t("admin.back_groups")}</Link></p>
      <div className="spread">
        <h2>{group?.name ?? ""}</h2>
        <div className="row"><Button onPress={() => (setName(group?.name ?? ""), setNaming(true))}>{t("admin.rename")}</Button><Button kind="danger" onPress={() => setDoing({ delete: true })}>{t("admin.delete_group")}</Button></div>
      </div>
      <Listed q={q}>{(data) => <>
        <PeoplePicker label={t("admin.add_member")} help={t("admin.add_member_help")} not={[id, ...data.items.map((m) => m.id)]} onPick={(add) => setDoing({ add })} />
        {data.items.length === 0 ? <Empty title={t("admin.no_members")} /> : (
          <Table caption={t("admin.members")} rows={data.items} rowKey={(m) => m.id} columns={[
            { id: "n", label: t("admin.name"), header: true, cell: (m) => <Link to={(m.kind === "group" ? `/admin/groups/${m.id}` : `/admin/people/${m.id}`) as string}>{m.name}</Link> },
            { id: "k", label: t("admin.kind"), cell: (m) => t(`admin.kind_${m.kind}`) },
            { id: "x", label: t("admin.action"), cell: (m) => <Button aria-label={t("admin.remove_member", { name: m.name })} onPress={() => setDoing({ remove: m })}>{t("ui.remove")}</Button> },
          ]} />
        )}
      </>}</Listed>
      <EffectsDialog open={!!doing} onClose={() => setDoing(undefined)} danger={!!doing && "delete" in doing} said={t("admin.saved")} save={save}
        title={!doing ? "" : "add" in doing ? t("admin.add_name", { name: doing.add.name }) : "remove" in doing ? t("admin.remove_member", { name: doing.remove.name }) : t("admin.delete_group")}
        action={!doing ? "" : "add" in doing ? t("ui.add") : "remove" in doing ? t("ui.remove") : t("admin.delete_group")}
        foresee={(cursor) => post<PreviewGroupData, Effects>("/api/v1/groups/{id}/preview", { path: { id }, query: { cursor }, body })} />
      <FormDialog title={t("admin.rename")} open={naming} action={t("ui.save")} said={t("admin.saved")} onClose={() => setNaming(false)} onSubmit={async () => { await patch<UpdateGroupData>("/api/v1/groups/{id}", { path: { id }, body: { name } }); await changed(); }}>
        {(errors) => <TextField label={t("admin.name")} value={name} onChange={setName} isRequired autoFocus error={errors["name"]} />}
      </FormDialog>
    </>
  );
}
