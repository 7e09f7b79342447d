// SPDX-License-Identifier: Apache-2.0
// The dock at the edge of the window: what is being uploaded, how far it is, and what wants an answer.

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { get } from "../../api/client";
import type { ListUploadsData, ListUploadsResponse } from "../../api/gen";
import { number, t } from "../../i18n";
import { announce, Button, Confirm, IconButton, Progress } from "../../ui";
import { DescribeDialog } from "./DescribeDialog";
import { fieldsForAll } from "./describe";
import { Left } from "./Left";
import { uploads, type Item } from "./queue";
import { Row } from "./Row";

/** shown bounds the rows of one kind; the rest is counted. 10,000 files make no 10,000 rows. */
const shown = 50;

export function Dock() {
  useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const [open, setOpen] = useState(true);
  const [describing, setDescribing] = useState(false);
  const [ending, setEnding] = useState(false);
  const left = useQuery({
    queryKey: ["session", "uploads"],
    staleTime: Infinity,
    queryFn: ({ signal }) => get<ListUploadsData, ListUploadsResponse>("/api/v1/uploads", { query: { limit: 50 }, signal }),
  });
  const items = uploads.items;
  const lost = (left.data?.items ?? []).filter((u) => (u.state === "open" || u.state === "duplicate") && !uploads.known.has(u.id));

  const of = (...states: Item["state"][]) => items.filter((i) => states.includes(i.state));
  const all = items.filter((i) => i.state !== "stopped");
  const bytes = all.reduce((n, i) => n + i.file.size, 0);
  const sent = all.reduce((n, i) => n + (["done", "used"].includes(i.state) ? i.file.size : i.sent), 0);
  const finished = of("done", "used").length;
  const share = bytes ? sent / bytes : finished / Math.max(1, all.length);
  const busy = uploads.active;
  const wrong = of("failed").length;
  const asked = of("asked").length;

  // Told at a quarter, half, three quarters and the end, and when something wants attention: no chatter.
  const told = useRef({ quarter: 0, wrong: 0, asked: 0, busy: false });
  useEffect(() => {
    const was = told.current;
    const quarter = busy ? Math.floor(share * 4) : 4;
    if (busy && quarter > was.quarter && quarter < 4) announce(t("upload.percent", { n: quarter * 25 }));
    if (wrong > was.wrong) announce(t("upload.trouble", { n: wrong }), true);
    if (asked > was.asked) announce(t("upload.asked", { n: asked }));
    if (was.busy && !busy) announce(t("upload.all_done", { done: finished, all: all.length }));
    told.current = { quarter: busy ? quarter : 0, wrong, asked, busy };
  });

  if (!items.length && !lost.length) return null;
  const rows = [...of("asked").slice(0, shown), ...of("failed").slice(0, shown), ...of("sending", "storing"), ...of("waiting").slice(0, 20), ...of("done", "used").slice(-20).reverse()];
  const close = () => {
    fieldsForAll.forget();
    uploads.tidy();
    if (uploads.items.length) setEnding(true);
  };
  return (
    <section className="dock" aria-label={t("upload.dock")} data-open={open || undefined}>
      <header>
        <h2>{!busy && asked ? t("upload.asked", { n: asked }) : !busy && wrong ? t("upload.trouble", { n: wrong }) : busy ? t("upload.under_way", { done: finished, all: all.length }) : items.length ? t("upload.all_done", { done: finished, all: all.length }) : t("upload.left", { n: lost.length })}</h2>
        <IconButton label={t(open ? "upload.fold" : "upload.unfold")} aria-expanded={open} onPress={() => setOpen(!open)}>{open ? <ChevronDown size={18} aria-hidden /> : <ChevronUp size={18} aria-hidden />}</IconButton>
        {items.length > 0 && <IconButton label={t(busy ? "upload.stop_all" : "upload.tidy")} onPress={() => (busy || asked || wrong ? setEnding(true) : close())}><X size={18} aria-hidden /></IconButton>}
      </header>
      {items.length > 0 && <div className="dock-progress"><Progress label={t("upload.progress")} value={Math.min(1, share)} /></div>}
      {open && (
        <div className="dock-body">
          {items.length > 0 && <Button onPress={() => setDescribing(true)}>{t("upload.describe")}</Button>}
          <ul>
            {rows.map((i) => <Row key={i.key} item={i} />)}
            {lost.map((u) => <Left key={u.id} upload={u} onGone={() => void left.refetch()} />)}
          </ul>
          {of("waiting").length > 20 && <p className="soft">{t("upload.more_waiting", { n: of("waiting").length - 20 })}</p>}
          {of("done", "used").length > 20 && <p className="soft">{t("upload.more_done", { n: of("done", "used").length - 20 })}</p>}
          {wrong > 1 && <Button onPress={() => of("failed").forEach((i) => uploads.retry(i))}>{t("upload.retry_all", { n: wrong })}</Button>}
        </div>
      )}
      <DescribeDialog open={describing} onClose={() => setDescribing(false)} assets={() => of("done").flatMap((i) => (i.asset ? [i.asset] : []))} />
      <Confirm title={t("upload.end_title")} action={t("upload.stop_all")} danger open={ending} onClose={() => setEnding(false)} onConfirm={() => { uploads.stopAll(); uploads.items = uploads.items.filter((i) => i.state !== "failed"); uploads.tidy(); fieldsForAll.forget(); }}>
        <p>{t("upload.end_text", { n: number(items.length - finished) })}</p>
      </Confirm>
    </section>
  );
}
