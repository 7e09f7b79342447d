// SPDX-License-Identifier: Apache-2.0
// The dock at the edge of the window: what is being uploaded, how far it is, and what wants an answer.

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import type { Upload } from "../../api/gen";
import { number, t } from "../../i18n";
import { lazyDialog } from "../../shell/lazyPart";
import { announce, Button, Confirm, IconButton, Progress } from "../../ui";
import { fieldsForAll } from "./describe";
import { Left } from "./Left";
import { uploads, type Item } from "./queue";
import { Row } from "./Row";
import { Rows } from "./Rows";

const DescribeDialog = lazyDialog<{ onClose(): void; assets(): string[] }>([], () => import("./DescribeDialog"), "DescribeDialog");

/** shown bounds the files that ask for something; the others are counted, and come when these are answered. */
const shown = 50;
const attention = new Set<Item["state"]>(["asked", "failed", "sending", "storing"]);

/** Dock shows the uploads. lost are those that an earlier page began. */
export function Dock({ lost, onLeft }: { lost: Upload[]; onLeft(): void }) {
  useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const [open, setOpen] = useState(true);
  const [describing, setDescribing] = useState(false);
  const [ending, setEnding] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const items = uploads.items;
  const of = (...states: Item["state"][]) => items.filter((i) => states.includes(i.state));
  const { of: counts, bytes, sent } = uploads.tally();
  const all = items.length - counts.stopped;
  const finished = counts.done + counts.used;
  const share = bytes ? sent / bytes : finished / Math.max(1, all);
  const busy = uploads.active;
  const wrong = counts.failed;
  const asked = counts.asked;

  // Told at a quarter, half, three quarters and the end, and when something wants attention: no chatter.
  const told = useRef({ quarter: 0, wrong: 0, asked: 0, busy: false });
  useEffect(() => {
    const was = told.current;
    const quarter = busy ? Math.floor(share * 4) : 4;
    if (busy && quarter > was.quarter && quarter < 4) announce(t("upload.percent", { n: quarter * 25 }));
    if (wrong > was.wrong) announce(t("upload.trouble", { n: wrong }), true);
    if (asked > was.asked) announce(t("upload.asked", { n: asked }));
    if (was.busy && !busy) announce(t("upload.all_done", { done: finished, all }));
    told.current = { quarter: busy ? quarter : 0, wrong, asked, busy };
  });

  // What wants something, and what is under way, first; then what waits and what is done, of which only what is in sight is drawn.
  const first: Item[] = [], rest: Item[] = [];
  if (open) {
    const kinds: Record<string, Item[]> = { asked: [], failed: [], sending: [], waiting: [], done: [] };
    for (const i of items) {
      if (i.state === "stopped") continue;
      if (attention.has(i.state)) kinds[i.state === "storing" ? "sending" : i.state]!.push(i);
      else kinds[i.state === "waiting" ? "waiting" : "done"]!.push(i);
    }
    first.push(...kinds["asked"]!.slice(0, shown), ...kinds["failed"]!.slice(0, shown), ...kinds["sending"]!);
    rest.push(...kinds["waiting"]!, ...kinds["done"]!.reverse());
  }
  const hidden = Math.max(0, asked - shown) + Math.max(0, wrong - shown);
  const close = () => {
    fieldsForAll.forget();
    uploads.tidy();
    if (uploads.items.length) setEnding(true);
  };
  return (
    <section className="dock" aria-label={t("upload.dock")} data-open={open || undefined}>
      <header>
        <h2>{!busy && asked ? t("upload.asked", { n: asked }) : !busy && wrong ? t("upload.trouble", { n: wrong }) : busy ? t("upload.under_way", { done: finished, all }) : items.length ? t("upload.all_done", { done: finished, all }) : t("upload.left", { n: lost.length })}</h2>
        <IconButton label={t(open ? "upload.fold" : "upload.unfold")} aria-expanded={open} onPress={() => setOpen(!open)}>{open ? <ChevronDown size={18} aria-hidden /> : <ChevronUp size={18} aria-hidden />}</IconButton>
        {items.length > 0 && <IconButton label={t(busy ? "upload.stop_all" : "upload.tidy")} onPress={() => (busy || asked || wrong ? setEnding(true) : close())}><X size={18} aria-hidden /></IconButton>}
      </header>
      {items.length > 0 && <div className="dock-progress"><Progress label={t("upload.progress")} value={Math.min(1, share)} /></div>}
      {open && (
        <div className="dock-body" ref={body}>
          {items.length > 0 && <Button onPress={() => setDescribing(true)}>{t("upload.describe")}</Button>}
          <ul>
            {first.map((i) => <Row key={i.key} item={i} />)}
            {lost.map((u) => <Left key={u.id} upload={u} onGone={onLeft} />)}
          </ul>
          {hidden > 0 && <p className="soft">{t("upload.more_asked", { n: hidden })}</p>}
          {rest.length > 0 && <Rows items={rest} box={body} />}
          {wrong > 1 && <Button onPress={() => of("failed").forEach((i) => uploads.retry(i))}>{t("upload.retry_all", { n: wrong })}</Button>}
        </div>
      )}
      {describing && <DescribeDialog onClose={() => setDescribing(false)} assets={() => of("done").flatMap((i) => (i.asset ? [i.asset] : []))} />}
      <Confirm title={t("upload.end_title")} action={t("upload.stop_all")} danger open={ending} onClose={() => setEnding(false)} onConfirm={() => { uploads.stopAll(); uploads.items = uploads.items.filter((i) => i.state !== "failed"); uploads.tidy(); fieldsForAll.forget(); }}>
        <p>{t("upload.end_text", { n: number(items.length - finished) })}</p>
      </Confirm>
    </section>
  );
}
