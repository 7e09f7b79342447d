// SPDX-License-Identifier: Apache-2.0
// The one dialog of a share link: made of chosen files, a folder or a collection, or changed later.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { patch, post, Problem } from "../../api/client";
import type { CreateLinkData, Link, NewLink, UpdateLinkData } from "../../api/gen";
import { presets, queries, session } from "../../api/queries";
import { t } from "../../i18n";
import { Button, Checkbox, CheckboxGroup, Dialog, Disclosure, DisclosurePanel, ErrorNote, fieldText, Form, Heading, RadioGroup, Select, TextField, toast } from "../../ui";
import { changeOf, dayIn, formOf, fresh, newLink, presetName, type LinkForm } from "./form";
import { linksChanged } from "./queries";
import { Made } from "./Made";
import "./links.css";

type Props = { target: NewLink["target"]; name: string; onClose(): void } | { link: Link; onClose(): void };

const languages = [["sv", "Svenska"], ["nb", "Norsk"], ["da", "Dansk"], ["fi", "Suomi"], ["en", "English"]] as const;

/** ShareDialog makes a link to a target, or changes one that is there. */
export function ShareDialog(props: Props) {
  const { onClose } = props;
  const link = "link" in props ? props.link : undefined;
  const [form, setForm] = useState<LinkForm>(() => ("link" in props ? formOf(props.link) : fresh(props.name, queries.getQueryData(session.queryKey)?.link_days ?? 30)));
  const [made, setMade] = useState<Link>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const put = (change: Partial<LinkForm>) => setForm((f) => ({ ...f, ...change }));
  const wrong = (field: string) => (problem instanceof Problem && problem.fields[field] ? fieldText(problem.fields[field]!) : undefined);
  const go = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      if ("link" in props) {
        await patch<UpdateLinkData>("/api/v1/links/{id}", { path: { id: props.link.id }, body: changeOf(form, props.link), ifMatch: props.link.version });
        toast(t("links.changed"));
        onClose();
      } else {
        setMade(await post<CreateLinkData, Link>("/api/v1/links", { body: newLink(form, props.target) }));
      }
      await linksChanged();
    } catch (e) {
      setProblem(e);
    }
    setBusy(false);
  };
  if (made) return <Made link={made} onClose={onClose} />;
  return (
    <Dialog open keep title={link ? t("links.edit") : t("links.share")} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="share" isPending={busy}>{link ? t("ui.save") : t("links.make")}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form id="share" className="stack" onSubmit={(e) => void go(e)}>
        {!link && <RadioGroup label={t("links.mode")} value={form.mode} onChange={(mode) => put({ mode: mode as LinkForm["mode"] })} choices={(["delivery", "review", "selection"] as const).map((id) => ({ id, label: t(`links.mode_${id}`), help: t(`links.mode_${id}_help`) }))} />}
        <TextField label={t("links.title_field")} value={form.title} onChange={(title) => put({ title })} isRequired maxLength={200} error={wrong("title")} />
        <TextField label={t("links.message")} value={form.message} onChange={(message) => put({ message })} rows={3} maxLength={4000} error={wrong("message")} />
        {!link && "target" in props && props.target.folder && <Checkbox isSelected={form.subtree} onChange={(subtree) => put({ subtree })}>{t("links.subtree")}</Checkbox>}
        <TextField type="date" label={t("links.until")} help={t("links.until_help")} value={form.until} onChange={(until) => put({ until })} isRequired error={wrong("expires_at")} {...{ min: dayIn(0), max: dayIn(365) }} />
        <Formats form={form} put={put} error={wrong("formats")} />
        <Passwords form={form} put={put} {...(link ? { link } : {})} wrong={wrong} />
        <Disclosure className="link-more" defaultExpanded={!!form.watermark || !!form.most}>
          <Heading level={3}><Button slot="trigger" kind="quiet"><ChevronRight size={16} aria-hidden />{t("links.more")}</Button></Heading>
          <DisclosurePanel className="stack">
            <TextField label={t("links.watermark")} help={t("links.watermark_help")} value={form.watermark} onChange={(watermark) => put({ watermark })} maxLength={60} error={wrong("watermark")} />
            <TextField label={t("links.most")} help={t("links.most_help")} value={form.most} onChange={(most) => put({ most: most.replace(/[^0-9]/g, "") })} inputMode="numeric" maxLength={7} error={wrong("max_downloads")} />
            <Select label={t("links.language")} selectedKey={form.language} onSelectionChange={(k) => put({ language: String(k) })} choices={languages.map(([id, label]) => ({ id, label }))} />
          </DisclosurePanel>
        </Disclosure>
      </Form>
    </Dialog>
  );
}

type Part = { form: LinkForm; put(change: Partial<LinkForm>): void };

function Formats({ form, put, error }: Part & { error?: string | undefined }) {
  const recipes = useQuery(presets);
  return (
    <CheckboxGroup label={t("links.formats")} help={t("links.formats_help")} value={form.formats} onChange={(formats) => put({ formats })} error={error}>
      <Checkbox value="original">{t("terms.preset_original")}</Checkbox>
      {(recipes.data?.items ?? []).map((p) => <Checkbox key={p.name} value={p.name}>{presetName(p)}</Checkbox>)}
    </CheckboxGroup>
  );
}

function Passwords({ form, put, link, wrong }: Part & { link?: Link; wrong(field: string): string | undefined }) {
  return (
    <>
      <TextField type="password" autoComplete="new-password" label={t("links.view_password")} help={link?.view_password ? t("links.password_there") : t("links.view_password_help")} value={form.viewPassword} onChange={(viewPassword) => put({ viewPassword })} isDisabled={form.dropView} error={wrong("view_password")} />
      {link?.view_password && <Checkbox isSelected={form.dropView} onChange={(dropView) => put({ dropView })}>{t("links.drop_view")}</Checkbox>}
      {form.formats.length > 0 && <TextField type="password" autoComplete="new-password" label={t("links.download_password")} help={link?.download_password ? t("links.password_there") : t("links.download_password_help")} value={form.downloadPassword} onChange={(downloadPassword) => put({ downloadPassword })} isDisabled={form.dropDownload} error={wrong("download_password")} />}
      {link?.download_password && <Checkbox isSelected={form.dropDownload} onChange={(dropDownload) => put({ dropDownload })}>{t("links.drop_download")}</Checkbox>}
    </>
  );
}
