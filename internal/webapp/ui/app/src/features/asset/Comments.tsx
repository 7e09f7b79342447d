// SPDX-License-Identifier: Apache-2.0
// What people say to each other about the asset.

import { useRef, useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { CheckCheck, CornerDownRight, MapPin, Pencil, RotateCcw, Trash2 } from "lucide-react";
import { del, get, post, put } from "../../api/client";
import { queries } from "../../api/queries";
import type { Asset, Comment, CommentDraft, DeleteCommentData, EditCommentData, EditCommentResponse, ListMentionableData, ListMentionableResponse, Mention, ReopenCommentData, ReopenCommentResponse, ResolveCommentData, ResolveCommentResponse, Thread, WriteCommentData, WriteCommentResponse } from "../../api/gen";
import { ago, duration, t, time } from "../../i18n";
import { Badge, Button, Checkbox, Confirm, Empty, ErrorNote, Failed, IconButton, Loading, NumberField, Pick, Switch, TextField, toast } from "../../ui";
import { AreaPicker, within, type Area } from "./AreaPicker";
import { useDraft } from "./draft";
import { comments } from "./queries";
import { can, picture } from "./text";

const again = (a: Asset) => queries.invalidateQueries({ queryKey: ["asset", a.id, "comments"] });

/** CommentsPart lists the threads about an asset and adds to them. onShow shows a place in the preview. */
export function CommentsPart({ asset: a }: { asset: Asset }) {
  const [open, setOpen] = useState(false);
  const q = useQuery(comments(a.id, open));
  const head = useRef<HTMLHeadingElement>(null);
  const says = can(a, "asset.comment");
  if (q.isPending) return <Loading lines={6} />;
  if (q.error) return <Failed problem={q.error} retry={() => void q.refetch()} />;
  const gone = async () => {
    await again(a);
    head.current?.focus();
  };
  return (
    <div className="stack">
      <div className="spread">
        <h2 ref={head} tabIndex={-1}>{t("asset.threads", { n: q.data.items.length })}</h2>
        <Switch isSelected={open} onChange={setOpen}>{t("asset.only_open")}</Switch>
      </div>
      {says && <Write a={a} place />}
      {q.data.items.length === 0 ? <Empty title={open ? t("asset.no_open_comments") : t("asset.no_comments")} /> : (
        <ul className="threads">{q.data.items.map((th) => <li key={th.id}><ThreadView a={a} thread={th} onGone={gone} /></li>)}</ul>
      )}
    </div>
  );
}

function ThreadView({ a, thread, onGone }: { a: Asset; thread: Thread; onGone(): void }) {
  const [answering, setAnswering] = useState(false);
  const path = { id: a.id, comment: thread.id };
  const resolve = useMutation({
    mutationFn: () => (thread.resolved_at ? del<ReopenCommentData, ReopenCommentResponse>("/api/v1/assets/{id}/comments/{comment}/resolution", { path }) : put<ResolveCommentData, ResolveCommentResponse>("/api/v1/assets/{id}/comments/{comment}/resolution", { path })),
    onSuccess: () => { void again(a); toast(thread.resolved_at ? t("asset.reopened") : t("asset.resolved")); },
  });
  return (
    <article className="thread" data-resolved={thread.resolved_at ? true : undefined}>
      <One a={a} c={thread} onGone={onGone} />
      {thread.resolved_at && <p className="row"><Badge kind="good">{t("asset.is_resolved")}</Badge><span className="soft small">{thread.resolved_by_name} · {time(thread.resolved_at)}</span></p>}
      {thread.answers.length > 0 && <ul className="answers">{thread.answers.map((c) => <li key={c.id}><One a={a} c={c} onGone={onGone} /></li>)}</ul>}
      {resolve.error && <ErrorNote problem={resolve.error} />}
      <div className="row">
        {thread.can.answer && !answering && <Button kind="quiet" onPress={() => setAnswering(true)}><CornerDownRight size={16} aria-hidden />{t("asset.answer")}</Button>}
        {thread.can.resolve && <Button kind="quiet" isPending={resolve.isPending} onPress={() => resolve.mutate()}>{thread.resolved_at ? <><RotateCcw size={16} aria-hidden />{t("asset.reopen")}</> : <><CheckCheck size={16} aria-hidden />{t("asset.resolve")}</>}</Button>}
      </div>
      {answering && <Write a={a} answers={thread.id} onDone={() => setAnswering(false)} />}
    </article>
  );
}

/** Said shows a comment's text, with the names that it mentions made to stand out. It is text and nothing else. */
function Said({ text, mentions }: { text: string; mentions: Mention[] }) {
  const names = mentions.map((m) => "@" + m.name).sort((x, y) => y.length - x.length);
  const parts: { text: string; name: boolean }[] = [{ text, name: false }];
  for (const name of names)
    for (let i = 0; i < parts.length; i++) {
      const at = parts[i]!.name ? -1 : parts[i]!.text.indexOf(name);
      if (at < 0) continue;
      const whole = parts[i]!.text;
      parts.splice(i, 1, { text: whole.slice(0, at), name: false }, { text: name, name: true }, { text: whole.slice(at + name.length), name: false });
      i++;
    }
  return <p className="said">{parts.map((p, i) => (p.name ? <b key={i}>{p.text}</b> : p.text))}</p>;
}

function One({ a, c, onGone }: { a: Asset; c: Comment; onGone(): void }) {
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const place = c.page ? t("asset.at_page", { n: c.page }) : c.at !== undefined ? t("asset.at_time", { at: duration(c.at) }) : undefined;
  const src = picture(a, 300);
  if (c.deleted) return <p className="soft">{t("asset.comment_deleted")}</p>;
  return (
    <div className="comment">
      <p className="spread small"><span><b>{c.author_name ?? t("asset.somebody")}</b> <time className="soft" dateTime={c.created_at} title={time(c.created_at)}>{ago(c.created_at)}</time>{c.edited_at && <span className="soft"> · {t("asset.edited")}</span>}</span>
        <span className="row">
          {c.can.edit && <IconButton label={t("asset.comment_edit")} onPress={() => setEditing(true)}><Pencil size={14} aria-hidden /></IconButton>}
          {c.can.delete && <IconButton label={t("asset.comment_delete")} onPress={() => setDeleting(true)}><Trash2 size={14} aria-hidden /></IconButton>}
        </span>
      </p>
      {place && <Badge><MapPin size={12} aria-hidden />{place}</Badge>}
      {c.region && src && <span className="area-box mini" role="img" aria-label={t("asset.at_region", { x: Math.round(c.region.x * 100), y: Math.round(c.region.y * 100) })}><img src={src.url} alt="" /><span className="area" style={{ left: `${c.region.x * 100}%`, top: `${c.region.y * 100}%`, width: `${c.region.width * 100}%`, height: `${c.region.height * 100}%` }} /></span>}
      {editing ? <Write a={a} edits={c} onDone={() => setEditing(false)} /> : <Said text={c.text} mentions={c.mentions} />}
      <Confirm danger title={t("asset.comment_delete")} open={deleting} action={t("ui.delete")} onClose={() => setDeleting(false)} onConfirm={async () => { await del<DeleteCommentData>("/api/v1/assets/{id}/comments/{comment}", { path: { id: a.id, comment: c.id } }); onGone(); }}><p>{t("asset.comment_delete_text")}</p></Confirm>
    </div>
  );
}

type Typed = { text: string; mentions: Mention[] };

/** Write is the form for a comment: a new one, an answer, or a change. */
function Write({ a, answers, edits, place, onDone }: { a: Asset; answers?: string; edits?: Comment; place?: boolean; onDone?(): void }) {
  const form = useDraft(`comment:${a.id}:${edits?.id ?? answers ?? ""}`, 0);
  const none: Typed = { text: edits?.text ?? "", mentions: edits?.mentions ?? [] };
  const typed = (form.draft.now["typed"] as Typed | undefined) ?? none;
  const set = (v: Typed) => form.change("typed", v, none);
  const [who, setWho] = useState("");
  const [region, setRegion] = useState<Area>();
  const [page, setPage] = useState<number>();
  const [at, setAt] = useState<number>();
  const people = useQuery({ queryKey: ["asset", a.id, "mentionable", who], queryFn: ({ signal }) => get<ListMentionableData, ListMentionableResponse>("/api/v1/assets/{id}/mentionable", { path: { id: a.id }, query: { q: who }, signal }), enabled: who.length > 0 });
  const src = picture(a, 600);
  const mentions = typed.mentions.filter((m) => typed.text.includes("@" + m.name)).map((m) => m.account);
  const send = useMutation({
    mutationFn: () => {
      const path = { id: a.id };
      if (edits) return put<EditCommentData, EditCommentResponse>("/api/v1/assets/{id}/comments/{comment}", { path: { ...path, comment: edits.id }, body: { text: typed.text, mentions } });
      const body: CommentDraft = { text: typed.text, mentions, ...(answers ? { answers } : region ? { region } : page ? { page } : at !== undefined ? { at } : {}) };
      return post<WriteCommentData, WriteCommentResponse>("/api/v1/assets/{id}/comments", { path, body });
    },
    onSuccess: () => {
      form.clear();
      setRegion(undefined);
      setPage(undefined);
      setAt(undefined);
      void again(a);
      toast(t("asset.comment_sent"));
      onDone?.();
    },
  });
  const mention = (account: string) => {
    const m = people.data?.items.find((p) => p.account === account);
    if (m) set({ text: typed.text.replace(/\s*$/, typed.text ? " " : "") + "@" + m.name + " ", mentions: [...typed.mentions.filter((x) => x.account !== m.account), m] });
    setWho("");
  };
  return (
    <form className="stack write" aria-label={edits ? t("asset.comment_edit") : answers ? t("asset.answer") : t("asset.comment_new")} onSubmit={(e) => { e.preventDefault(); if (typed.text.trim()) send.mutate(); }}>
      <TextField autoFocus={!!onDone} label={edits ? t("asset.comment_edit") : answers ? t("asset.answer") : t("asset.comment_new")} rows={3} maxLength={4000} value={typed.text} onChange={(text) => set({ ...typed, text })} onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && typed.text.trim()) { e.preventDefault(); send.mutate(); } if (e.key === "Escape" && onDone) onDone(); }} />
      <Pick label={t("asset.mention")} help={t("asset.mention_help")} choices={(people.data?.items ?? []).map((p) => ({ id: p.account, label: p.name }))} inputValue={who} onInputChange={setWho} onPick={mention} allowsEmptyCollection={who.length > 0} />
      {place && src && a.kind === "image" && <Checkbox isSelected={!!region} onChange={(on) => setRegion(on ? within({ x: 0.3, y: 0.3, width: 0.4, height: 0.4 }) : undefined)}>{t("asset.about_region")}</Checkbox>}
      {region && src && <AreaPicker src={src.url} area={region} onChange={setRegion} label={t("asset.about_region")} />}
      {place && a.kind === "document" && (a.pages ?? 0) > 1 && <NumberField label={t("asset.about_page")} value={page ?? NaN} minValue={1} maxValue={a.pages} onChange={(n) => setPage(Number.isNaN(n) ? undefined : n)} />}
      {place && (a.kind === "video" || a.kind === "audio") && <NumberField label={t("asset.about_time")} value={at ?? NaN} minValue={0} maxValue={a.duration} onChange={(n) => setAt(Number.isNaN(n) ? undefined : n)} />}
      {send.error && <ErrorNote problem={send.error} />}
      <div className="row">
        <Button kind={edits || answers ? "plain" : "main"} type="submit" isDisabled={!typed.text.trim()} isPending={send.isPending}>{edits ? t("ui.save") : t("asset.send")}</Button>
        {onDone && <Button onPress={() => { form.clear(); onDone(); }}>{t("ui.cancel")}</Button>}
      </div>
    </form>
  );
}
