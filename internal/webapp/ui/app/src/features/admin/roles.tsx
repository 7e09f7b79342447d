// SPDX-License-Identifier: Apache-2.0
// Roles: what each permits, in plain words; and who has them everywhere.

import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { del, get, post, put } from "../../api/client";
import type { AddTenantGrantData, CreateRoleData, DeleteRoleData, Effects, ListRolesData, ListRolesResponse, ListTenantGrantsData, ListTenantGrantsResponse, PreviewRoleData, PreviewTenantGrantData, Principal, RemoveTenantGrantData, Role, UpdateRoleData } from "../../api/gen";
import { t } from "../../i18n";
import { Badge, Button, Checkbox, CheckboxGroup, Confirm, PeoplePicker, Select, Table, TextField } from "../../ui";
import { EffectsDialog } from "./effects";
import { FormDialog, Listed, permissionName, Permissions, roleName } from "./kit";

/** roles that there are. */
export const roles = { queryKey: ["roles"], queryFn: ({ signal }: { signal: AbortSignal }) => get<ListRolesData, ListRolesResponse>("/api/v1/roles", { signal }) };

/** Roles shows the roles and who has them at the tenant. */
export function Roles() {
  const q = useQuery(roles);
  const cache = useQueryClient();
  const [editing, setEditing] = useState<Role | "new">();
  const [gone, setGone] = useState<Role>();
  const changed = () => cache.invalidateQueries({ queryKey: ["roles"] });
  return (
    <Listed q={q}>{(data) => <>
      <div className="row"><Button kind="main" onPress={() => setEditing("new")}>{t("admin.new_role")}</Button></div>
      <Table caption={t("admin.roles")} hideCaption rows={data.items} rowKey={(r) => r.id} columns={[
        { id: "n", label: t("admin.name"), header: true, cell: (r) => <>{roleName(r.name)} {r.built_in && <Badge>{t("admin.built_in")}</Badge>}</> },
        { id: "p", label: t("admin.permissions"), cell: (r) => <Permissions of={r.permissions} /> },
        { id: "x", label: t("admin.action"), cell: (r) => r.built_in ? "–" : <span className="row"><Button aria-label={t("admin.edit_name", { name: r.name })} onPress={() => setEditing(r)}>{t("ui.edit")}</Button><Button aria-label={t("admin.delete_name", { name: r.name })} onPress={() => setGone(r)}>{t("ui.delete")}</Button></span> },
      ]} />
      <Given roles={data.items} />
      {editing && <EditRole role={editing === "new" ? undefined : editing} all={data.items.find((r) => r.name === "admin")?.permissions ?? []} onClose={() => setEditing(undefined)} onSaved={changed} />}
      <Confirm title={t("admin.delete_name", { name: gone?.name ?? "" })} open={!!gone} danger action={t("ui.delete")} onClose={() => setGone(undefined)} onConfirm={async () => { await del<DeleteRoleData>("/api/v1/roles/{id}", { path: { id: gone!.id } }); await changed(); }}><p>{t("admin.delete_role_text")}</p></Confirm>
    </>}</Listed>
  );
}

function EditRole({ role, all, onClose, onSaved }: { role: Role | undefined; all: string[]; onClose(): void; onSaved(): Promise<unknown> }) {
  const [name, setName] = useState(role?.name ?? "");
  const [has, setHas] = useState<string[]>(role?.permissions ?? []);
  const [looking, setLooking] = useState(false);
  const tenancy = (p: string) => !p.startsWith("asset.") && !p.startsWith("folder.");
  const save = async () => {
    if (role) await put<UpdateRoleData>("/api/v1/roles/{id}", { path: { id: role.id }, body: { name, permissions: has } });
    else await post<CreateRoleData>("/api/v1/roles", { body: { name, permissions: has } });
    await onSaved();
  };
  const other = role && (has.length !== role.permissions.length || has.some((p) => !role.permissions.includes(p)));
  return (
    <>
      <FormDialog title={role ? t("admin.edit_name", { name: role.name }) : t("admin.new_role")} open={!looking} size="large" action={other ? t("admin.see_effects") : t("ui.save")} {...(other ? {} : { said: t("admin.saved") })} onClose={() => !looking && onClose()} onSubmit={async () => {
        if (!other) return save();
        setLooking(true);
      }}>
        {(errors) => <>
          <TextField label={t("admin.name")} value={name} onChange={setName} isRequired help={t("admin.role_name_help")} error={errors["name"]} />
          {([false, true] as const).map((of) => (
            <CheckboxGroup key={String(of)} label={of ? t("admin.perms_tenant") : t("admin.perms_content")} value={has} onChange={setHas} error={of ? undefined : errors["permissions"]}>
              <div className="admin-checks">{all.filter((p) => tenancy(p) === of).map((p) => <Checkbox key={p} value={p}>{permissionName(p)}</Checkbox>)}</div>
            </CheckboxGroup>
          ))}
        </>}
      </FormDialog>
      {role && <EffectsDialog title={t("admin.edit_name", { name: role.name })} open={looking} said={t("admin.saved")} onClose={() => (setLooking(false), onClose())} save={save} foresee={(cursor) => post<PreviewRoleData, Effects>("/api/v1/roles/{id}/preview", { path: { id: role.id }, query: { cursor }, body: { permissions: has } })} />}
    </>
  );
}

type Change = { principal: string; name: string; role: string; roleName: string; give: boolean };

function Given({ roles: all }: { roles: Role[] }) {
  const cache = useQueryClient();
  const q = useQuery({ queryKey: ["grants"], queryFn: ({ signal }) => get<ListTenantGrantsData, ListTenantGrantsResponse>("/api/v1/grants", { signal }) });
  const [who, setWho] = useState<Principal>();
  const [role, setRole] = useState<string>();
  const [doing, setDoing] = useState<Change>();
  const path = { principal: doing?.principal ?? "", role: doing?.role ?? "" };
  return (
    <section className="stack">
      <h2>{t("admin.given_everywhere")}</h2>
      <p className="soft">{t("admin.given_everywhere_text")}</p>
      <Listed q={q}>{(data) => data.items.length > 0 && (
        <Table caption={t("admin.given_everywhere")} hideCaption rows={data.items} rowKey={(g) => g.principal + g.role} columns={[
          { id: "n", label: t("admin.name"), header: true, cell: (g) => g.principal_name },
          { id: "r", label: t("admin.role"), cell: (g) => roleName(g.role_name) },
          { id: "x", label: t("admin.action"), cell: (g) => <Button aria-label={`${t("admin.take")}: ${g.principal_name}, ${roleName(g.role_name)}`} onPress={() => setDoing({ principal: g.principal, name: g.principal_name, role: g.role, roleName: g.role_name, give: false })}>{t("admin.take")}</Button> },
        ]} />
      )}</Listed>
      <div className="admin-bar">
        <div className="admin-grow"><PeoplePicker label={who ? t("admin.to_name", { name: who.name }) : t("admin.to_whom")} onPick={setWho} /></div>
        <Select label={t("admin.role")} placeholder={t("admin.choose_role")} selectedKey={role ?? null} onSelectionChange={(k) => setRole(String(k))} choices={all.map((r) => ({ id: r.id, label: roleName(r.name) }))} />
        <Button isDisabled={!who || !role} onPress={() => setDoing({ principal: who!.id, name: who!.name, role: role!, roleName: all.find((r) => r.id === role)?.name ?? "", give: true })}>{t("admin.give")}</Button>
      </div>
      <EffectsDialog open={!!doing} onClose={() => setDoing(undefined)} said={t("admin.saved")} danger={doing ? !doing.give : false}
        title={!doing ? "" : t(doing.give ? "admin.give_role" : "admin.take_role", { name: doing.name, role: roleName(doing.roleName) })} action={t(doing?.give ? "admin.give" : "admin.take")}
        foresee={(cursor) => post<PreviewTenantGrantData, Effects>("/api/v1/grants/{principal}/{role}/preview", { path, query: { cursor }, body: { give: doing!.give } })}
        save={async () => {
          if (doing!.give) await put<AddTenantGrantData>("/api/v1/grants/{principal}/{role}", { path });
          else await del<RemoveTenantGrantData>("/api/v1/grants/{principal}/{role}", { path });
          setWho(undefined);
          await cache.invalidateQueries({ queryKey: ["grants"] });
        }} />
    </section>
  );
}
