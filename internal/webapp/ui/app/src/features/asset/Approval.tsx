// SPDX-License-Identifier: Apache-2.0
// How far the asset has come on its way to being used, who may take it further, and who took it here.

import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { post } from "../../api/client";
import { queries } from "../../api/queries";
import type { Asset, ApprovalState, StepAssetApprovalData, StepAssetApprovalResponse } from "../../api/gen";
import { t, time } from "../../i18n";
import { Badge, Button, Dialog, ErrorNote, Failed, Loading, Table, TextField, toast } from "../../ui";
import { approval, approvalSteps, saved } from "./queries";
import { said } from "./text";

/** stateName is what an approval state is called. */
export const stateName = (s: ApprovalState): string => t(`asset.approval_${s}`);

/** ApprovalBadge says the state in a word. */
export const ApprovalBadge = ({ state }: { state: ApprovalState }) => <Badge kind={state === "approved" || state === "published" ? "good" : state === "expired" ? "bad" : "warn"}>{stateName(state)}</Badge>;

/** ApprovalPart shows the way of an asset and takes it further. */
export function ApprovalPart({ asset: a }: { asset: Asset }) {
  const q = useQuery(approval(a.id));
  const table = useQuery(approvalSteps);
  const [to, setTo] = useState<ApprovalState>();
  const [remark, setRemark] = useState("");
  const step = useMutation({
    mutationFn: () => post<StepAssetApprovalData, StepAssetApprovalResponse>("/api/v1/assets/{id}/approval", { path: { id: a.id }, ifMatch: a.version, body: { to: to as "draft", ...(remark.trim() ? { remark: remark.trim() } : {}) } }),
    onSuccess: (next) => {
      saved(next);
      void queries.invalidateQueries({ queryKey: ["assets"] });
      toast(t("asset.stepped", { state: stateName(next.approval) }));
      close();
    },
  });
  const close = () => {
    setTo(undefined);
    setRemark("");
    step.reset();
  };
  if (q.isPending || table.isPending) return <Loading />;
  if (q.error || table.error) return <Failed problem={q.error ?? table.error} retry={() => void q.refetch()} />;
  const chosen = q.data.next_steps.find((s) => s.to === to);
  const permission = (p: string) => said(`asset.may_${p.replaceAll(".", "_")}`, p);
  return (
    <div className="stack">
      <p className="row"><span>{t("asset.approval_now")}</span><ApprovalBadge state={q.data.state} /></p>
      <p className="soft">{t(`asset.approval_${q.data.state}_help`)} {q.data.demand === "four_eyes" ? t("asset.demand_four_eyes") : q.data.demand === "on" ? t("asset.demand_on") : t("asset.demand_off")}</p>
      {q.data.next_steps.some((s) => s.allowed) && (
        <div className="row">{q.data.next_steps.filter((s) => s.allowed).map((s, i) => <Button key={s.to} kind={i === 0 ? "main" : "plain"} onPress={() => setTo(s.to)}>{t("asset.step_to", { from: s.from, to: s.to })}</Button>)}</div>
      )}
      {q.data.next_steps.filter((s) => !s.allowed && s.code !== "access.forbidden").map((s) => <p key={s.to} className="soft small">{t("asset.step_to", { from: s.from, to: s.to })}: {said(`problems.${(s.code ?? "").replaceAll(".", "_")}`, s.reason ?? "")}</p>)}
      <Table caption={t("asset.who_may")} rows={table.data.steps} rowKey={(s) => s.from + s.to} selectedRow={(s) => s.from === q.data.state} columns={[
        { id: "step", header: true, label: t("asset.step"), cell: (s) => `${stateName(s.from)} → ${stateName(s.to)}` },
        { id: "who", label: t("asset.takes"), cell: (s) => permission(s.permission) },
        { id: "more", label: t("asset.conditions"), cell: (s) => [s.remark && t("asset.cond_remark"), s.four_eyes && t("asset.cond_four_eyes"), s.complete && t("asset.cond_complete")].filter(Boolean).join(", ") || "–" },
      ]} />
      <section className="stack">
        <h2>{t("asset.steps_taken")}</h2>
        {q.data.items.length === 0 ? <p className="soft">{t("asset.no_steps")}</p> : (
          <ol className="events">{q.data.items.map((s, i) => <li key={i}><span><b>{stateName(s.from)} → {stateName(s.to)}</b> · {s.by_name ?? t("asset.somebody")} · <time dateTime={s.at}>{time(s.at)}</time></span>{s.remark && <p className="said">{s.remark}</p>}</li>)}</ol>
        )}
      </section>
      <Dialog title={chosen ? t("asset.step_to", { from: chosen.from, to: chosen.to }) : ""} open={!!chosen} onClose={close} size="small" keep={!!remark} footer={
        <>
          <Button onPress={close}>{t("ui.cancel")}</Button>
          <Button kind="main" isPending={step.isPending} isDisabled={!!chosen?.remark && !remark.trim()} onPress={() => step.mutate()}>{chosen ? t("asset.step_to", { from: chosen.from, to: chosen.to }) : ""}</Button>
        </>
      }>
        {step.error && <ErrorNote problem={step.error} />}
        <TextField autoFocus label={t("asset.remark")} rows={4} isRequired={!!chosen?.remark} help={t("asset.remark_help")} maxLength={2000} value={remark} onChange={setRemark} />
      </Dialog>
    </div>
  );
}
