// SPDX-License-Identifier: Apache-2.0
// Administration: a menu of its parts, and the one that was chosen.

import "./admin.css";
import { Suspense } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { may, session } from "../../api/queries";
import { t } from "../../i18n";
import { Empty, Loading, Page } from "../../ui";
import { parts } from "./parts";

/** AdminScreen stands at /admin, /admin/{part} and /admin/{part}/{id}. */
export function AdminScreen() {
  const { part, id } = useParams({ strict: false }) as { part?: string; id?: string };
  const who = useQuery(session);
  const mine = parts.filter((p) => !p.needs || p.needs.some((n) => may(who.data, n)));
  const here = mine.find((p) => p.part === part);
  if (!who.data) return <Loading />;
  const Screen = here?.screen;
  return (
    <Page title={here ? t(here.label) : t("admin.title")} lead={here ? t(here.lead) : t("admin.lead")}>
      <div className="admin">
        <nav aria-label={t("admin.title")} className="admin-nav">
          <ul>{mine.map((p) => <li key={p.part}><Link to={`/admin/${p.part}` as string} aria-current={p === here ? "page" : undefined}>{t(p.label)}</Link></li>)}</ul>
        </nav>
        <div className="stack admin-part">
          {Screen ? <Suspense fallback={<Loading />}><Screen key={part} id={id} /></Suspense>
            : part ? <Empty title={t("ui.not_found")}><p>{t("ui.not_found_text")}</p></Empty>
            : <ul className="admin-cards">{mine.map((p) => <li key={p.part} className="card"><h2><Link to={`/admin/${p.part}` as string}>{t(p.label)}</Link></h2><p className="soft">{t(p.lead)}</p></li>)}</ul>}
        </div>
      </div>
    </Page>
  );
}
