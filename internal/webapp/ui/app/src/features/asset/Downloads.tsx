// SPDX-License-Identifier: Apache-2.0
// The asset to take along: the original, or a size.

import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { send } from "../../api/client";
import { presets } from "../../api/queries";
import type { Asset, CreateDownloadData, CreateDownloadResponse } from "../../api/gen";
import { bytes, language, t } from "../../i18n";
import { announce, Button, ErrorNote, Failed, Loading, Note, TextField } from "../../ui";
import { can, said } from "./text";

const pause = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

/** fetchTicket asks until the rendition is made, and returns where it can be fetched. */
async function fetchTicket(id: string, variant: string, purpose: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    const answer = await send<CreateDownloadData>("POST", "/api/v1/assets/{id}/downloads", { path: { id }, body: { variant, ...(purpose ? { purpose } : {}) } });
    if (answer.status !== 202) return ((await answer.json()) as CreateDownloadResponse & { url: string }).url;
    if (tries === 0) announce(t("asset.making"));
    await pause(Math.min(Number(answer.headers.get("Retry-After")) || 2, 10));
  }
}

/** DownloadsPart lists what can be fetched. */
export function DownloadsPart({ asset: a }: { asset: Asset }) {
  const list = useQuery(presets);
  const [purpose, setPurpose] = useState("");
  const go = useMutation({
    mutationFn: (variant: string) => fetchTicket(a.id, variant, purpose.trim()),
    onSuccess: (url) => {
      const link = document.createElement("a");
      link.href = url;
      link.download = "";
      link.click();
      announce(t("asset.download_began"));
    },
  });
  if (list.isPending) return <Loading />;
  if (list.error) return <Failed problem={list.error} retry={() => void list.refetch()} />;
  const original = can(a, "asset.download_original"), sizes = can(a, "asset.download_rendition") && (a.kind === "image" || a.renditions.length > 0);
  if (!original && !sizes) return <Note>{t("asset.download_none")}</Note>;
  return (
    <div className="stack">
      <TextField label={t("asset.purpose")} help={t("asset.purpose_help")} value={purpose} onChange={setPurpose} maxLength={200} />
      {go.error && <ErrorNote problem={go.error} />}
      <ul className="downloads">
        {original && <li><span><b>{t("terms.preset_original")}</b> <span className="soft small">{a.media_type} · {bytes(a.size)}{a.width ? ` · ${a.width} × ${a.height}` : ""}</span></span><Button kind="main" isPending={go.isPending && go.variables === "original"} onPress={() => go.mutate("original")}><Download size={16} aria-hidden />{t("asset.fetch_original")}</Button></li>}
        {sizes && list.data.items.map((p) => {
          const name = p.label[language] ?? p.label["sv"] ?? said(`terms.preset_${p.name}`, p.name);
          return <li key={p.name}><span><b>{name}</b> <span className="soft small">{p.width} × {p.height}{p.format !== "auto" && p.format !== "same" ? ` · ${p.format.toUpperCase()}` : ""}</span></span><Button isPending={go.isPending && go.variables === p.name} onPress={() => go.mutate(p.name)} aria-label={t("asset.fetch_as", { name })}><Download size={16} aria-hidden />{t("asset.fetch")}</Button></li>;
        })}
      </ul>
    </div>
  );
}
