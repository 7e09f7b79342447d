// SPDX-License-Identifier: Apache-2.0
// The asset's files through time: which one counts, how two differ, an earlier one again, a new one.

import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Columns2, Upload } from "lucide-react";
import { Offline, post, Problem } from "../../api/client";
import { queries } from "../../api/queries";
import type { ActivateAssetRevisionData, ActivateAssetRevisionResponse, Asset, Revision } from "../../api/gen";
import { bytes, t, time } from "../../i18n";
import { Badge, Button, Checkbox, Confirm, Dialog, ErrorNote, Failed, FileTrigger, Loading, Slider, Table, toast } from "../../ui";
import { revisions, saved } from "./queries";
import { can, picture, said } from "./text";

/** add sends a file as the next revision of an asset. */
async function add(a: Asset, file: File, anyKind: boolean): Promise<Asset> {
  const form = new FormData();
  if (anyKind) form.append("kind_change", "allow");
  form.append("file", file, file.name);
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/assets/${a.id}/revisions`, { method: "POST", body: form, credentials: "same-origin", headers: { Accept: "application/json", "If-Match": `"${a.version}"` } });
  } catch {
    throw new Offline();
  }
  const body = await answer.json();
  if (!answer.ok) throw new Problem(answer.status, body.code ?? "", body.title ?? "", body.errors ?? {}, body);
  return body as Asset;
}

/** RevisionsPart lists an asset's revisions and changes which one counts. */
export function RevisionsPart({ asset: a }: { asset: Asset }) {
  const q = useQuery(revisions(a.id));
  const [chosen, setChosen] = useState<string[]>([]);
  const [comparing, setComparing] = useState(false);
  const [back, setBack] = useState<Revision>();
  const again = (next: Asset) => {
    saved(next);
    void queries.invalidateQueries({ queryKey: ["asset", a.id] });
  };
  const [other, setOther] = useState<File>();
  const send = useMutation({ mutationFn: ({ file, any }: { file: File; any: boolean }) => add(a, file, any), onSuccess: (next) => { again(next); setOther(undefined); toast(t("asset.revision_added")); }, onError: (e, { file }) => { if (e instanceof Problem && e.code === "revision.kind") setOther(file); } });
  if (q.isPending) return <Loading />;
  if (q.error) return <Failed problem={q.error} retry={() => void q.refetch()} />;
  const mine = can(a, "asset.replace");
  const pair = q.data.items.filter((r) => chosen.includes(r.id)).sort((x, y) => x.number - y.number);
  return (
    <div className="stack">
      <div className="row">
        {mine && <FileTrigger onSelect={(f) => f?.[0] && send.mutate({ file: f[0], any: false })}><Button isPending={send.isPending}><Upload size={16} aria-hidden />{t("asset.revision_add")}</Button></FileTrigger>}
        {q.data.items.length > 1 && <Button isDisabled={pair.length !== 2} onPress={() => setComparing(true)}><Columns2 size={16} aria-hidden />{t("asset.compare")}</Button>}
      </div>
      {q.data.items.length > 1 && <p className="soft">{t("asset.compare_help")}</p>}
      {send.error && !other && <ErrorNote problem={send.error} />}
      <Table caption={t("asset.revisions")} hideCaption rows={q.data.items} rowKey={(r) => r.id} selectedRow={(r) => r.active} columns={[
        ...(q.data.items.length > 1 ? [{ id: "pick", label: <span className="hidden">{t("asset.compare")}</span>, cell: (r: Revision) => <Checkbox aria-label={t("asset.compare_pick", { n: r.number })} isSelected={chosen.includes(r.id)} onChange={(on) => setChosen((c) => (on ? [...c.slice(-1), r.id] : c.filter((x) => x !== r.id)))} /> }] : []),
        { id: "n", header: true, label: t("asset.revision"), cell: (r) => <span className="row">{r.number} {r.active && <Badge kind="good">{t("asset.active")}</Badge>}{r.same_as && <Badge>{t("asset.same_as", { n: r.same_as })}</Badge>}{r.held_reason && <Badge kind="bad">{t("terms.state_quarantined")}</Badge>}</span> },
        { id: "name", label: t("asset.file"), cell: (r) => <span className="value">{r.name}</span> },
        { id: "size", number: true, label: t("asset.size"), cell: (r) => bytes(r.size) },
        { id: "who", label: t("asset.who"), cell: (r) => r.created_by_name ?? t("asset.somebody") },
        { id: "when", label: t("asset.when"), cell: (r) => <time dateTime={r.created_at}>{time(r.created_at)}</time> },
        ...(mine ? [{ id: "do", label: <span className="hidden">{t("asset.restore_revision")}</span>, cell: (r: Revision) => (r.active ? null : <Button onPress={() => setBack(r)} aria-label={t("asset.restore_n", { n: r.number })}>{t("asset.restore_revision")}</Button>) }] : []),
      ]} />
      <Confirm title={t("asset.restore_n", { n: back?.number ?? 0 })} open={!!back} action={t("asset.restore_revision")} onClose={() => setBack(undefined)} onConfirm={async () => {
        again(await post<ActivateAssetRevisionData, ActivateAssetRevisionResponse>("/api/v1/assets/{id}/active-revision", { path: { id: a.id }, ifMatch: a.version, body: { revision: back!.id } }));
        toast(t("asset.revision_restored", { n: back!.number }));
      }}><p>{t("asset.restore_text")}</p></Confirm>
      <Confirm title={t("asset.revision_add")} open={!!other} action={t("asset.revision_any")} onClose={() => { setOther(undefined); send.reset(); }} onConfirm={() => send.mutateAsync({ file: other!, any: true })}><p>{t("asset.revision_kind")}</p></Confirm>
      {comparing && pair.length === 2 && <Compare one={pair[0]!} two={pair[1]!} onClose={() => setComparing(false)} />}
    </div>
  );
}

/** Compare lays two revisions over each other, or side by side, and lists how they differ. */
function Compare({ one, two, onClose }: { one: Revision; two: Revision; onClose(): void }) {
  const [at, setAt] = useState(0.5);
  const [beside, setBeside] = useState(false);
  const x = picture(one, 1200), y = picture(two, 1200);
  const facts = [
    { name: t("asset.file"), a: one.name, b: two.name },
    { name: t("asset.type"), a: said(`terms.type_${one.kind}`, one.kind) + ` (${one.media_type})`, b: said(`terms.type_${two.kind}`, two.kind) + ` (${two.media_type})` },
    { name: t("asset.size"), a: bytes(one.size), b: bytes(two.size) },
    { name: t("asset.pixels"), a: one.width ? `${one.width} × ${one.height}` : "–", b: two.width ? `${two.width} × ${two.height}` : "–" },
    { name: t("asset.when"), a: time(one.created_at), b: time(two.created_at) },
    { name: t("asset.who"), a: one.created_by_name ?? t("asset.somebody"), b: two.created_by_name ?? t("asset.somebody") },
    { name: t("asset.content"), a: one.sha256 === two.sha256 ? t("asset.same_bytes") : t("asset.other_bytes"), b: one.sha256 === two.sha256 ? t("asset.same_bytes") : t("asset.other_bytes") },
  ];
  return (
    <Dialog title={t("asset.compare_title", { a: one.number, b: two.number })} open onClose={onClose} size="large">
      {x && y && (
        <>
          <Checkbox isSelected={beside} onChange={setBeside}>{t("asset.side_by_side")}</Checkbox>
          {beside ? (
            <div className="beside">{[{ r: one, p: x }, { r: two, p: y }].map(({ r, p }) => <figure key={r.id}><img src={p.url} alt={t("asset.revision_n", { n: r.number })} width={p.width} height={p.height} /><figcaption className="small soft">{t("asset.revision_n", { n: r.number })}</figcaption></figure>)}</div>
          ) : (
            <>
              <div className="over"><img src={x.url} alt={t("asset.revision_n", { n: one.number })} width={x.width} height={x.height} /><img src={y.url} alt={t("asset.revision_n", { n: two.number })} style={{ clipPath: `inset(0 0 0 ${at * 100}%)` }} /><span className="seam" aria-hidden style={{ left: `${at * 100}%` }} /></div>
              <Slider label={t("asset.compare_slide", { a: one.number, b: two.number })} minValue={0} maxValue={1} step={0.01} formatOptions={{ style: "percent" }} value={at} onChange={(v) => setAt(v as number)} />
            </>
          )}
        </>
      )}
      {(!x || !y) && <p className="soft">{t("asset.compare_no_picture")}</p>}
      <Table caption={t("asset.differences")} rows={facts} rowKey={(f) => f.name} selectedRow={(f) => f.a !== f.b} columns={[
        { id: "name", header: true, label: t("asset.fact"), cell: (f) => f.name },
        { id: "a", label: t("asset.revision_n", { n: one.number }), cell: (f) => <span className="value">{f.a}</span> },
        { id: "b", label: t("asset.revision_n", { n: two.number }), cell: (f) => <span className="value">{f.b}</span> },
        { id: "same", label: t("asset.difference"), cell: (f) => (f.name === t("asset.content") ? f.a : f.a === f.b ? t("asset.equal") : <b>{t("asset.different")}</b>) },
      ]} />
    </Dialog>
  );
}
