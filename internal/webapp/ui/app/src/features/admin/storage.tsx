// SPDX-License-Identifier: Apache-2.0
// Where files rest, how that place is, and what rests there.

import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { GetStorageData, Storage as Kept } from "../../api/gen";
import { bytes, number, t } from "../../i18n";
import { Badge, Button, Note, Progress, Table } from "../../ui";
import { Listed, stateName } from "./kit";

const heaps = ["originals", "earlier", "bin", "renditions", "copies", "uploads"] as const;
const kinds = { ok: "good", note: "info", warn: "warn", fail: "bad" } as const;

/** Storage shows the state of the storage at this moment. */
export function Storage() {
  const q = useQuery({ queryKey: ["storage"], queryFn: ({ signal }) => get<GetStorageData, Kept>("/api/v1/storage", { signal }), staleTime: 0 });
  return (
    <Listed q={q}>{(s) => (
      <>
        <section className="card stack" aria-labelledby="place">
          <div className="spread"><h2 id="place">{t(`admin.storage_${s.kind}`)}</h2><Badge kind={s.reachable ? "good" : "bad"}>{t(s.reachable ? "admin.reachable" : "admin.unreachable")}</Badge></div>
          {s.reason && <Note kind="bad"><p lang="en">{s.reason}</p></Note>}
          <dl className="admin-facts">
            <dt>{t("admin.where")}</dt><dd><code>{s.where}</code></dd>
            <dt>{t("admin.country")}</dt><dd>{s.country ?? t("admin.not_said")}</dd>
            <dt>{t("admin.site")}</dt><dd>{s.site ?? t("admin.not_said")}</dd>
            <dt>{t("admin.jurisdiction")}</dt><dd>{s.jurisdiction ?? t("admin.not_said")}</dd>
          </dl>
          {s.size ? <Progress label={t("admin.disk")} value={1 - (s.free ?? 0) / s.size} text={t("admin.disk_free", { free: bytes(s.free ?? 0), size: bytes(s.size) })} /> : null}
          <div className="row"><Button isPending={q.isFetching} onPress={() => void q.refetch()}>{t("admin.look_again")}</Button></div>
        </section>
        <Table caption={t("admin.what_rests")} rows={[...heaps]} rowKey={(h) => h} columns={[
          { id: "n", label: t("admin.kind"), header: true, cell: (h) => t(`admin.heap_${h}`) },
          { id: "f", label: t("admin.files"), number: true, cell: (h) => number(s[h].files) },
          { id: "b", label: t("admin.size"), number: true, cell: (h) => bytes(s[h].bytes) },
        ]} />
        {s.doomed > 0 && <p className="soft">{t("admin.doomed", { n: s.doomed })}</p>}
        <Table caption={t("admin.findings")} rows={s.findings.map((f, i) => ({ ...f, i }))} rowKey={(f) => String(f.i)} columns={[
          { id: "l", label: t("admin.state"), cell: (f) => <Badge kind={kinds[f.level]}>{stateName("level", f.level)}</Badge> },
          { id: "w", label: t("admin.part"), header: true, cell: (f) => <span lang="en">{f.what}</span> },
          { id: "t", label: t("admin.finding"), cell: (f) => <span lang="en">{f.text}</span> },
        ]} />
      </>
    )}</Listed>
  );
}
