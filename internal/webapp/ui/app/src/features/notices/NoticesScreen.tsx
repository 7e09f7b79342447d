// SPDX-License-Identifier: Apache-2.0
// The notice centre: what one should know, the newest first, and marking it as read.

import { useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CheckCheck, Settings2 } from "lucide-react";
import type { Notice } from "../../api/gen";
import { ago, t, time } from "../../i18n";
import { Badge, Button, Empty, ErrorNote, Failed, Loading, Page, Pager, Switch } from "../../ui";
import { notices, placeOf, read, readAll } from "./queries";
import "./notices.css";

/** NoticesScreen lists what one should know. */
export function NoticesScreen() {
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const navigate = useNavigate();
  const unread = search["unread"] === "1";
  const [trail, setTrail] = useState<string[]>([]);
  const list = useQuery(notices(unread, trail.at(-1)));
  const [problem, setProblem] = useState<unknown>();
  const top = useRef<HTMLDivElement>(null);
  const [first] = list.data?.items ?? [];
  const all = async () => {
    setProblem(undefined);
    try {
      await readAll(trail.length ? undefined : first?.id);
      top.current?.focus();
    } catch (e) {
      setProblem(e);
    }
  };
  const turn = (next: string[]) => {
    setTrail(next);
    top.current?.focus();
  };
  return (
    <Page
      title={t("notices.title")}
      actions={
        <>
          <Button onPress={() => void all()} isDisabled={!list.data?.items.some((n) => !n.read_at)}><CheckCheck size={16} aria-hidden />{t("notices.read_all")}</Button>
          <Link to="/notices/preferences" className="button plain"><Settings2 size={16} aria-hidden />{t("notices.preferences")}</Link>
        </>
      }
    >
      <Switch isSelected={unread} onChange={(on) => { setTrail([]); void navigate({ to: ".", search: (on ? { unread: "1" } : {}) as never }); }}>{t("notices.only_unread")}</Switch>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <div ref={top} tabIndex={-1} role="region" aria-label={t("notices.list")} className="notices-region">
        {list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : !list.data ? <Loading /> : !list.data.items.length ? (
          <Empty title={unread ? t("notices.none_unread") : t("notices.none")}><p>{t("notices.none_text")}</p></Empty>
        ) : (
          <ul className="notices">{list.data.items.map((n) => <li key={n.id}><One notice={n} /></li>)}</ul>
        )}
      </div>
      <Pager page={trail.length + 1} back={trail.length ? () => turn(trail.slice(0, -1)) : undefined} forth={list.data?.next ? () => turn([...trail, list.data.next!]) : undefined} />
    </Page>
  );
}

function One({ notice: n }: { notice: Notice }) {
  const place = placeOf(n);
  const [problem, setProblem] = useState<unknown>();
  const mark = () => {
    if (!n.read_at) void read(n.id).catch(setProblem);
  };
  return (
    <article className="notice-row" data-unread={!n.read_at || undefined}>
      <div className="stack tight">
        <h2>
          {place ? <a href={place} onClick={mark}>{n.title}</a> : n.title}
          {!n.read_at && <Badge kind="info">{t("notices.unread")}</Badge>}
        </h2>
        <p className="soft">
          {n.subject_name && <strong dir="auto">{n.subject_name}</strong>}
          {n.by_name && <span dir="auto">{t("notices.by", { name: n.by_name })}</span>}
          {n.count !== undefined && <span>{t("notices.count", { n: n.count })}</span>}
          {n.days !== undefined && <span>{t("notices.days", { n: n.days })}</span>}
          <time dateTime={n.made_at} title={time(n.made_at)}>{ago(n.made_at)}</time>
        </p>
        {problem !== undefined && <ErrorNote problem={problem} />}
      </div>
      {!n.read_at && <Button kind="quiet" onPress={mark} aria-label={t("notices.read_this", { title: n.title })}>{t("notices.read")}</Button>}
    </article>
  );
}
