// SPDX-License-Identifier: Apache-2.0
// How one is told of each kind of notice.

import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { patch } from "../../api/client";
import { queries } from "../../api/queries";
import type { GetNoticePreferencesResponse, NoticePreference, SetNoticePreferencesData } from "../../api/gen";
import { t } from "../../i18n";
import { announce, ErrorNote, Failed, Loading, Note, Page, Select } from "../../ui";
import { noticePreferences } from "./queries";
import "./notices.css";

type Way = NoticePreference["way"];
const ways: Way[] = ["app", "mail", "digest", "off"];

/** ChoicesScreen chooses between the app, a mail at once, one mail a day, and nothing. */
export function ChoicesScreen() {
  const list = useQuery(noticePreferences);
  const [problem, setProblem] = useState<unknown>();
  const choose = async (p: NoticePreference, way: Way) => {
    setProblem(undefined);
    try {
      const now = await patch<SetNoticePreferencesData, GetNoticePreferencesResponse>("/api/v1/notices/preferences", { body: { ways: { [p.kind]: way } } });
      queries.setQueryData(noticePreferences.queryKey, now);
      announce(t("notices.chosen", { title: p.title, way: t(`notices.way_${way}`) }));
    } catch (e) {
      setProblem(e);
    }
  };
  const item = (p: NoticePreference) => (
    <li key={p.kind}>
      <Select label={p.title} value={p.way} isDisabled={p.fixed} onChange={(way) => void choose(p, String(way) as Way)} choices={ways.map((id) => ({ id, label: t(`notices.way_${id}`) }))} />
    </li>
  );
  const mail = list.data?.mail;
  return (
    <Page title={t("notices.preferences")} lead={t("notices.preferences_lead")} actions={<Link to="/notices" className="button plain">{t("notices.to_all")}</Link>}>
      {problem !== undefined && <ErrorNote problem={problem} />}
      {list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : !list.data ? <Loading /> : (
        <div className="stack">
          {!mail && <Note kind="info"><p>{t("notices.no_mail")}</p></Note>}
          <ul className="choices card">{list.data.items.filter((p) => !p.fixed).map(item)}</ul>
          <section className="stack" aria-labelledby="safety">
            <h2 id="safety">{t("notices.safety")}</h2>
            <p className="soft">{mail ? t("notices.safety_mail") : t("notices.safety_app")}</p>
            <ul className="plain-list">{list.data.items.filter((p) => p.fixed).map((p) => <li key={p.kind}>{p.title}</li>)}</ul>
          </section>
        </div>
      )}
    </Page>
  );
}
