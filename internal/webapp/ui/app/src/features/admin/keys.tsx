// SPDX-License-Identifier: Apache-2.0
// API keys: made once and shown once, renamed, revoked.

import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { del, get, patch, post } from "../../api/client";
import { may, session } from "../../api/queries";
import type { CreateKeyData, Key, ListKeysData, ListKeysResponse, NewKey, RevokeKeyData, UpdateKeyData } from "../../api/gen";
import { ago, date, t } from "../../i18n";
import { Badge, Button, Checkbox, CheckboxGroup, Confirm, Dialog, Empty, Note, Select, Switch, Table, TextField } from "../../ui";
import { FormDialog, Listed, permissionName, Permissions, roleName, Secret } from "./kit";
import { roles } from "./roles";

/** Keys lists one's own keys, or all with the right to. */
export function Keys() {
  const search = useSearch({ strict: false }) as { revoked?: string };
  const go = useNavigate();
  const cache = useQueryClient();
  const revoked = search.revoked === "yes";
  const q = useQuery({ queryKey: ["keys", revoked], queryFn: ({ signal }) => get<ListKeysData, ListKeysResponse>("/api/v1/keys", { query: { revoked }, signal }) });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewKey>();
  const [naming, setNaming] = useState<Key>();
  const [name, setName] = useState("");
  const [gone, setGone] = useState<Key>();
  const changed = () => cache.invalidateQueries({ queryKey: ["keys"] });
  return (
    <>
      <div className="spread"><Button kind="main" onPress={() => setMaking(true)}>{t("admin.new_key")}</Button><Switch isSelected={revoked} onChange={(on) => void go({ to: ".", search: (on ? { revoked: "yes" } : {}) as never })}>{t("admin.show_revoked")}</Switch></div>
      <Listed q={q}>{(data) => data.items.length === 0 ? <Empty title={t("admin.no_keys")}><p>{t("admin.no_keys_text")}</p></Empty> : (
        <Table caption={t("admin.keys")} hideCaption rows={data.items} rowKey={(k) => k.id} columns={[
          { id: "n", label: t("admin.name"), header: true, cell: (k) => <>{k.name} {k.revoked_at && <Badge kind="warn">{t("admin.revoked")}</Badge>}<br /><code className="soft">{k.hint}</code></> },
          { id: "o", label: t("admin.owner"), cell: (k) => k.owner_name ?? t("admin.own_right") },
          { id: "p", label: t("admin.permissions"), cell: (k) => <Permissions of={k.permissions} /> },
          { id: "u", label: t("admin.last_used"), cell: (k) => k.used_at ? ago(k.used_at) : t("admin.never") },
          { id: "e", label: t("admin.expires"), cell: (k) => k.expires_at ? date(k.expires_at) : t("admin.never") },
          { id: "x", label: t("admin.action"), cell: (k) => k.revoked_at ? "–" : <span className="row"><Button aria-label={t("admin.rename_name", { name: k.name })} onPress={() => (setName(k.name), setNaming(k))}>{t("admin.rename")}</Button><Button aria-label={t("admin.revoke_name", { name: k.name })} onPress={() => setGone(k)}>{t("admin.revoke")}</Button></span> },
        ]} />
      )}</Listed>
      {making && <Make onClose={() => setMaking(false)} onMade={(k) => (setMade(k), void changed())} />}
      <Dialog title={t("admin.key_made")} open={!!made} onClose={() => setMade(undefined)} keep footer={<Button kind="main" onPress={() => setMade(undefined)}>{t("ui.done")}</Button>}>
        {made && <><Note kind="warn"><p>{t("admin.shown_once")}</p></Note><Secret label={made.key.name} text={made.secret} /></>}
      </Dialog>
      <FormDialog title={t("admin.rename")} open={!!naming} action={t("ui.save")} said={t("admin.saved")} onClose={() => setNaming(undefined)} onSubmit={async () => { await patch<UpdateKeyData>("/api/v1/keys/{id}", { path: { id: naming!.id }, body: { name } }); await changed(); }}>
        {(errors) => <TextField label={t("admin.name")} value={name} onChange={setName} isRequired autoFocus error={errors["name"]} />}
      </FormDialog>
      <Confirm title={t("admin.revoke_name", { name: gone?.name ?? "" })} open={!!gone} danger action={t("admin.revoke")} onClose={() => setGone(undefined)} onConfirm={async () => { await del<RevokeKeyData>("/api/v1/keys/{id}", { path: { id: gone!.id } }); await changed(); }}><p>{t("admin.revoke_text")}</p></Confirm>
    </>
  );
}

function Make({ onClose, onMade }: { onClose(): void; onMade(k: NewKey): void }) {
  const who = useQuery(session);
  const all = useQuery(roles);
  const [name, setName] = useState("");
  const [own, setOwn] = useState(false);
  const [role, setRole] = useState<string>("");
  const [days, setDays] = useState("90");
  const [networks, setNetworks] = useState("");
  const [has, setHas] = useState<string[]>(["asset.view", "asset.download_rendition"]);
  const every = all.data?.items.find((r) => r.name === "admin")?.permissions ?? [];
  return (
    <FormDialog title={t("admin.new_key")} open size="large" action={t("admin.make_key")} onClose={onClose} onSubmit={async () => {
      const nets = networks.split(/[\s,]+/).filter(Boolean);
      onMade(await post<CreateKeyData, NewKey>("/api/v1/keys", { body: { name, permissions: has, ...(nets.length ? { networks: nets } : {}), ...(days !== "never" ? { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() } : {}), ...(own ? { own, ...(role ? { role } : {}) } : {}) } }));
    }}>
      {(errors) => <>
        <TextField label={t("admin.name")} value={name} onChange={setName} isRequired autoFocus help={t("admin.key_name_help")} error={errors["name"]} />
        {may(who.data, "key.manage") && <Switch isSelected={own} onChange={setOwn}>{t("admin.key_own")}</Switch>}
        {own && <Select label={t("admin.role")} selectedKey={role || "none"} onSelectionChange={(k) => setRole(k === "none" ? "" : String(k))} error={errors["role"]} choices={[{ id: "none", label: t("admin.no_role") }, ...(all.data?.items ?? []).map((r) => ({ id: r.name, label: roleName(r.name) }))]} />}
        <Select label={t("admin.valid_for")} selectedKey={days} onSelectionChange={(k) => setDays(String(k))} error={errors["expires_at"]} choices={[...["7", "30", "90", "365"].map((d) => ({ id: d, label: t("admin.n_days", { n: Number(d) }) })), ...(own ? [{ id: "never", label: t("admin.no_end") }] : [])]} />
        <TextField label={t("admin.networks")} value={networks} onChange={setNetworks} help={t("admin.networks_help")} error={errors["networks"]} />
        <CheckboxGroup label={t("admin.key_scope")} value={has} onChange={setHas} error={errors["scope"] ?? errors["permissions"]}><div className="admin-checks">{every.map((p) => <Checkbox key={p} value={p}>{permissionName(p)}</Checkbox>)}</div></CheckboxGroup>
      </>}
    </FormDialog>
  );
}
