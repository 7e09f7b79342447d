// SPDX-License-Identifier: Apache-2.0
// Downloading: one file in a size, or many as a ZIP file.

import { useEffect, useRef, useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Problem } from "../../api/client";
import type { DownloadNeeds, DownloadReport, MetadataPolicy, Preset } from "../../api/gen";
import { presets } from "../../api/queries";
import { bytes, has, language, number, t } from "../../i18n";
import { Button, Checkbox, Dialog, ErrorNote, Form, Progress, RadioGroup, Select, TextField, toast, type Choice } from "../../ui";
import type { Chosen } from "./actions";
import { archive, download, one, save } from "./acts";
import { enough, ReportFields } from "./ReportFields";

const presetName = (p: Preset): string => p.label[language] ?? (has(`terms.preset_${p.name}`) ? t(`terms.preset_${p.name}` as "terms.preset_large") : (Object.values(p.label)[0] ?? p.name));

/** Download asks in which format, and for what. */
export function Download({ chosen, onClose }: { chosen: Chosen; onClose(): void }) {
  const recipes = useQuery(presets);
  const id = one(chosen.selected);
  const asset = chosen.assets.find((a) => a.id === id);
  const originals = !chosen.assets.length || chosen.assets.some((a) => a.permissions.includes("asset.download_original"));
  const [variant, setVariant] = useState(originals ? "original" : "large");
  const [metadata, setMetadata] = useState<"as_is" | MetadataPolicy>("as_is");
  const [folders, setFolders] = useState(false);
  const [purpose, setPurpose] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [needs, setNeeds] = useState<DownloadNeeds>();
  const [report, setReport] = useState<DownloadReport>({});
  const wait = useRef(new AbortController());
  useEffect(() => () => wait.current.abort(), []);

  const choices: Choice[] = [
    ...(originals ? [{ id: "original", label: t("terms.preset_original"), help: asset ? `${asset.name}, ${bytes(asset.size)}` : t("library.original_help") }] : []),
    ...(recipes.data?.items ?? []).map((p) => ({ id: p.name, label: presetName(p), help: t("library.preset_help", { width: number(p.width), height: number(p.height), format: p.format === "auto" || p.format === "same" ? t(`library.format_${p.format}`) : p.format.toUpperCase() }) })),
  ];
  const go = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      if (id) {
        await download(id, variant, variant === "original" && metadata !== "as_is" ? metadata : undefined, purpose.trim(), wait.current.signal, needs && report);
        toast(t("library.downloading"));
      } else {
        const zip = await archive(chosen.selected, variant, folders, purpose.trim(), needs && report);
        save(zip.url);
        toast(t("library.downloading_zip", { n: zip.items, size: bytes(zip.bytes) }) + (zip.left_out ? " " + t("library.left_out", { n: zip.left_out }) : ""));
      }
      onClose();
    } catch (e) {
      if (wait.current.signal.aborted) return;
      setBusy(false);
      // What has to be said first is asked for here, and nothing that was chosen is lost.
      if (e instanceof Problem && e.code === "download.report_required" && e.body?.needs && !needs) setNeeds(e.body.needs);
      else setProblem(e);
    }
  };
  return (
    <Dialog open title={id ? t("library.download_one") : t("library.download_n", { n: chosen.count.n })} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="download" isPending={busy} isDisabled={!!needs && !enough(needs, report)}>{id ? t("library.act_download") : t("library.download_zip")}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form id="download" className="stack" onSubmit={(e) => void go(e)}>
        <RadioGroup label={t("library.format")} value={variant} onChange={(v) => { setVariant(v); setNeeds(undefined); }} choices={choices} />
        {id && variant === "original" && (
          <Select label={t("library.metadata")} selectedKey={metadata} onSelectionChange={(k) => setMetadata(k as MetadataPolicy)} choices={(["as_is", "embed", "rights", "strip"] as const).map((x) => ({ id: x, label: t(`library.metadata_${x}`) }))} />
        )}
        {!id && <Checkbox isSelected={folders} onChange={setFolders}>{t("library.zip_folders")}</Checkbox>}
        {needs ? <ReportFields needs={needs} value={report} onChange={setReport} /> : <TextField label={t("library.purpose")} help={t("library.purpose_help")} value={purpose} onChange={setPurpose} maxLength={200} />}
        {busy && id && <Progress label={t("library.making")} />}
      </Form>
    </Dialog>
  );
}
