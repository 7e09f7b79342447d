// SPDX-License-Identifier: Apache-2.0
import { useState, type FormEvent } from "react";
import { t } from "../../i18n";
import { announce, Button, Dialog, ErrorNote, Form, TextField } from "../../ui";
import { fieldsForAll, nothing, type Described } from "./describe";

/** DescribeDialog fills fields once for all files of this round. */
export function DescribeDialog({ onClose, assets }: { onClose(): void; assets(): string[] }) {
  const [fields, setFields] = useState<Described>(nothing);
  const [tags, setTags] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const set = (name: keyof Described) => (value: string) => setFields((f) => ({ ...f, [name]: value }));
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await fieldsForAll.set({ ...fields, keywords: tags.split(",").map((x) => x.trim()).filter(Boolean) }, assets());
      announce(t("upload.described"));
      onClose();
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("upload.describe")} open onClose={onClose} keep>
      <p className="soft">{t("upload.describe_text")}</p>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form className="stack" onSubmit={(e) => void save(e)}>
        <TextField label={t("terms.field_keywords")} help={t("upload.commas")} value={tags} onChange={setTags} autoFocus />
        <TextField label={t("terms.field_description")} rows={3} value={fields.description} onChange={set("description")} />
        <TextField label={t("terms.field_creator")} value={fields.creator} onChange={set("creator")} autoComplete="off" />
        <TextField label={t("terms.field_credit")} value={fields.credit} onChange={set("credit")} />
        <TextField label={t("terms.field_copyright")} value={fields.copyright} onChange={set("copyright")} />
        <p className="soft">{t("upload.alt_later")}</p>
        <div className="row"><Button type="submit" kind="main" isPending={busy}>{t("upload.describe_save")}</Button><Button onPress={onClose}>{t("ui.cancel")}</Button></div>
      </Form>
    </Dialog>
  );
}
