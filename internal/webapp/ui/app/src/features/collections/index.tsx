// SPDX-License-Identifier: Apache-2.0
// All collections that one sees: a list with pictures, by name, narrowed by typing.

import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FolderHeart, SearchCheck } from "lucide-react";
import type { Collection } from "../../api/gen";
import { pictureOf } from "../../assetgrid/name";
import { t } from "../../i18n";
import { Badge, Button, Empty, Failed, Loading, Page, SearchField } from "../../ui";
import { addressOf } from "../library/Saved";
import { collections } from "./api";
import { EditCollection } from "./Edit";
import "./collections.css";

/** CollectionsScreen lists collections. */
export function CollectionsScreen() {
  const [q, setQ] = useState("");
  const [making, setMaking] = useState(false);
  const list = useQuery(collections({ q, ...(q ? {} : { parent: "top" }) }));
  return (
    <Page title={t("collections.title")} wide lead={t("collections.lead")} actions={<Button kind="main" onPress={() => setMaking(true)}>{t("collections.make")}</Button>}>
      <SearchField label={t("collections.find")} value={q} onChange={setQ} />
      {list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : !list.data ? <Loading /> : list.data.length === 0 ? (
        <Empty title={q ? t("ui.nothing_found") : t("collections.none")} action={<Button onPress={() => setMaking(true)}>{t("collections.make")}</Button>}>{q ? undefined : t("collections.none_text")}</Empty>
      ) : (
        <Cards list={list.data} />
      )}
      {making && <EditCollection onClose={() => setMaking(false)} />}
    </Page>
  );
}

/** Cards show collections with their covers. */
export function Cards({ list }: { list: Collection[] }) {
  return <ul className="collection-cards">{list.map((c) => <li key={c.id} className="card"><Card of={c} /></li>)}</ul>;
}

function Card({ of: c }: { of: Collection }) {
  const picture = c.cover && pictureOf(c.cover, 240);
  const inside = (
    <>
      <span className="collection-cover" aria-hidden>{picture ? <img src={picture.url} alt="" loading="lazy" /> : c.kind === "search" ? <SearchCheck size={32} /> : <FolderHeart size={32} />}</span>
      <strong className="cut"><bdi>{c.name}</bdi></strong>
    </>
  );
  return (
    <>
      {c.kind === "search" ? <Link to="/" search={addressOf(c)} className="collection-link">{inside}</Link> : <Link to={"/collections/$id" as "/"} params={{ id: c.id } as never} className="collection-link">{inside}</Link>}
      <p className="soft">{c.kind === "search" ? t("collections.saved") : t("collections.count", { n: c.count ?? 0 })}{c.children > 0 && ` · ${t("collections.children", { n: c.children })}`}</p>
      {(c.everybody !== "none" || c.shares > 0 || !c.own) && <Badge>{c.own ? t("collections.shared") : t("collections.of", { name: c.owner.name })}</Badge>}
    </>
  );
}
