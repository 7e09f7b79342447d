// SPDX-License-Identifier: Apache-2.0
// The column's sections: collections as a tree, and the work that waits.

import { useState } from "react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { FolderHeart } from "lucide-react";
import { number, t, type PlainKey } from "../../i18n";
import { TreeView, type Branch } from "../../ui";
import { collections, queues } from "./api";
import "./collections.css";

/** CollectionColumn stands in the column. */
export const CollectionColumn = () => <><Tree /><Queues /></>;

function Tree() {
  const go = useNavigate();
  const { id } = useParams({ strict: false }) as { id?: string };
  const [open, setOpen] = useState<Set<string>>(new Set());
  const top = useQuery(collections({ kind: "list", parent: "top" }));
  const opened = [...open];
  const inside = useQueries({ queries: opened.map((parent) => collections({ kind: "list", parent })) });
  if (!top.data?.length) return null;
  const branch = (c: { id: string; name: string; children: number }): Branch => {
    const list = inside[opened.indexOf(c.id)]?.data;
    return { id: c.id, label: c.name, icon: <FolderHeart size={16} aria-hidden />, hasChildren: c.children > 0, ...(list ? { children: list.map(branch) } : {}) };
  };
  return (
    <section className="library-section" aria-labelledby="collections-title">
      <header><h2 id="collections-title">{t("collections.title")}</h2></header>
      <TreeView label={t("collections.title")} branches={top.data.map(branch)} expanded={open} onExpanded={setOpen} selected={id} onSelect={(to) => void go({ to: "/collections/$id" as "/", params: { id: to } as never })} />
    </section>
  );
}

function Queues() {
  const list = useQuery(queues);
  const waiting = list.data?.items.filter((q) => q.count > 0) ?? [];
  if (!waiting.length) return null;
  return (
    <section className="library-section" aria-labelledby="queues-title">
      <header><h2 id="queues-title">{t("collections.queues")}</h2></header>
      <ul className="queue-list">
        {waiting.map((q) => (
          <li key={q.name}>
            <Link to="/" search={{ q: q.q }}><span>{t(`collections.queue_${q.name.replace("-", "_")}` as PlainKey)}</span> <span className="soft">{q.count_is_exact ? number(q.count) : t("collections.at_least", { n: q.count })}</span></Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
