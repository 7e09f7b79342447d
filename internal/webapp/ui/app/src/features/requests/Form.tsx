// SPDX-License-Identifier: Apache-2.0
// The form of an upload request. What was typed stays until it is saved.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { patch, post, Problem } from "../../api/client";
import type { CreateUploadRequestData, CreateUploadRequestResponse, Kind, RequestField, UpdateUploadRequestData, UploadRequest, UploadRequestChange } from "../../api/gen";
import { date, languages, t, type Language } from "../../i18n";
import { Button, Checkbox, CheckboxGroup, Dialog, ErrorNote, fieldText, Form, NumberField, Select, TextField, toast } from "../../ui";
import { FolderPicker } from "../library/FolderPicker";
import { changed, definitions, nameOf } from "./queries";

const kinds: Kind[] = ["image", "video", "audio", "document", "archive", "font", "other"];
const usual = ["creator", "credit", "description"];
const day = 86_400_000;

type Props = { request: UploadRequest | undefined; onClose(): void; onMade(a: { title: string; url: string }): void };

/** RequestForm makes an upload request, or changes one. */
export function RequestForm({ request: r, onClose, onMade }: Props) {
  const fields = useQuery(definitions);
  const [folder, setFolder] = useState(r ? { id: r.folder, name: r.folder_name ?? "" } : undefined);
  const [picking, setPicking] = useState(false);
  const [title, setTitle] = useState(r?.title ?? "");
  const [message, setMessage] = useState(r?.message ?? "");
  const [terms, setTerms] = useState(r?.terms ?? "");
  const [left] = useState(r ? Math.max(1, Math.ceil((new Date(r.expires_at).getTime() - Date.now()) / day)) : undefined);
  const [days, setDays] = useState(left ?? 30);
  const [password, setPassword] = useState("");
  const [open, setOpen] = useState(false);
  const [sender, setSender] = useState(r?.sender ?? "required");
  const [asked, setAsked] = useState<RequestField[]>(r?.fields ?? [{ name: "creator", required: true }]);
  const [only, setOnly] = useState<string[]>(r?.kinds ?? []);
  const [files, setFiles] = useState(r?.max_files ?? 100);
  const [gigabytes, setGigabytes] = useState((r?.max_bytes ?? 1e10) / 1e9);
  const [kept, setKept] = useState(r?.kept_days ?? 90);
  const [page, setPage] = useState(r?.language ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const wrong = (name: string) => (problem instanceof Problem && problem.fields[name] ? fieldText(problem.fields[name]) : undefined);
  const askable = (fields.data?.items ?? []).filter((f) => !f.options && !["choice", "choices", "terms"].includes(f.type) && !f.retired_at);
  const shown = [...new Set([...usual, ...asked.map((f) => f.name), ...askable.map((f) => f.name)])].filter((n) => askable.some((f) => f.name === n));

  const save = async (e: FormEvent) => {
    e.preventDefault();
    if (!folder) return;
    setBusy(true);
    setProblem(undefined);
    const body: UploadRequestChange = {
      title, message, terms, fields: asked, sender, kinds: only as Kind[], max_files: files, max_bytes: Math.round(gigabytes * 1e9), kept_days: kept, language: page as "sv",
      ...(days === left ? {} : { expires_at: new Date(Date.now() + days * day - 60_000).toISOString() }),
      ...(password ? { password } : r?.protected && open ? { password: "" } : {}),
    };
    try {
      if (r) {
        await patch<UpdateUploadRequestData>("/api/v1/upload-requests/{id}", { path: { id: r.id }, body, ifMatch: r.version });
        toast(t("requests.saved"));
      } else {
        const made = await post<CreateUploadRequestData, CreateUploadRequestResponse>("/api/v1/upload-requests", { body: { ...body, title, folder: folder.id } });
        onMade({ title: made.request.title, url: made.url });
      }
      await changed();
      onClose();
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  const toggle = (name: string, on: boolean) => setAsked(on ? [...asked, { name, required: true }] : asked.filter((f) => f.name !== name));
  return (
    <>
      <Dialog title={r ? t("requests.edit_title") : t("requests.new")} open={!picking} onClose={onClose} size="large" keep footer={
        <><Button onPress={onClose}>{t("ui.cancel")}</Button><Button kind="main" type="submit" form="request" isPending={busy} isDisabled={!folder || !title.trim()}>{r ? t("requests.save") : t("requests.make")}</Button></>
      }>
        <Form id="request" className="stack" onSubmit={(e) => void save(e)}>
          {problem !== undefined && <ErrorNote problem={problem} />}
          <TextField label={t("requests.form_title")} isRequired value={title} onChange={setTitle} error={wrong("title")} autoFocus maxLength={200} />
          <div className="field"><span className="label">{t("requests.form_folder")}</span><div className="row"><span><bdi>{folder?.name ?? t("requests.form_no_folder")}</bdi></span>{!r && <Button onPress={() => setPicking(true)}>{t("requests.form_choose")}</Button>}</div></div>
          <TextField label={t("requests.form_message")} help={t("requests.form_message_help")} rows={3} value={message} onChange={setMessage} error={wrong("message")} />
          <NumberField label={t("requests.form_days")} help={r ? t("requests.form_days_now", { at: date(r.expires_at) }) : undefined} value={days} onChange={setDays} minValue={1} maxValue={365} error={wrong("expires_at")} />
          <TextField type="password" autoComplete="new-password" label={t("requests.form_password")} help={r?.protected ? t("requests.form_password_has") : t("requests.form_password_help")} value={password} onChange={setPassword} error={wrong("password")} />
          {r?.protected && <Checkbox isSelected={open} onChange={setOpen}>{t("requests.form_password_none")}</Checkbox>}
          <Select label={t("requests.form_sender")} selectedKey={sender} onSelectionChange={(k) => setSender(k as "required")} choices={(["required", "optional", "none"] as const).map((id) => ({ id, label: t(`requests.sender_${id}`) }))} />
          <fieldset className="field group"><legend className="label">{t("requests.form_fields")}</legend>
            <ul className="asked-fields">{shown.map((n) => {
              const at = asked.find((f) => f.name === n);
              const name = nameOf(n, fields.data?.items);
              return <li key={n} className="row"><Checkbox isSelected={!!at} onChange={(on) => toggle(n, on)}>{name}</Checkbox>{at && <Checkbox isSelected={!!at.required} onChange={(required) => setAsked(asked.map((f) => (f.name === n ? { ...f, required } : f)))} aria-label={t("requests.form_required_of", { name })}>{t("requests.form_required")}</Checkbox>}</li>;
            })}</ul>
          </fieldset>
          <TextField label={t("requests.form_terms")} help={t("requests.form_terms_help")} rows={4} value={terms} onChange={setTerms} error={wrong("terms")} />
          <CheckboxGroup label={t("requests.form_kinds")} help={t("requests.form_kinds_help")} value={only} onChange={setOnly}>{kinds.map((k) => <Checkbox key={k} value={k}>{t(`terms.kind_${k}` as "terms.kind_image")}</Checkbox>)}</CheckboxGroup>
          <NumberField label={t("requests.form_files")} value={files} onChange={setFiles} minValue={1} maxValue={1000} error={wrong("max_files")} />
          <NumberField label={t("requests.form_size")} value={gigabytes} onChange={setGigabytes} minValue={0.001} maxValue={500} error={wrong("max_bytes")} />
          <NumberField label={t("requests.form_kept")} help={t("requests.form_kept_help")} value={kept} onChange={setKept} minValue={1} maxValue={730} error={wrong("kept_days")} />
          <Select label={t("requests.form_language")} selectedKey={page || "any"} onSelectionChange={(k) => setPage(k === "any" ? "" : String(k))} choices={[{ id: "any", label: t("requests.form_language_any") }, ...(Object.keys(languages) as Language[]).map((id) => ({ id, label: languages[id] }))]} />
        </Form>
      </Dialog>
      <FolderPicker title={t("requests.form_folder")} open={picking} permission="asset.upload" action={t("requests.form_here")} onPick={(id, name) => { setFolder({ id, name }); setPicking(false); }} onClose={() => setPicking(false)} />
    </>
  );
}
