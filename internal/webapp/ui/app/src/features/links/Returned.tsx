// SPDX-License-Identifier: Apache-2.0
// What came back by a link: answers, choices, and on which days it was used.

import { useQuery } from "@tanstack/react-query";
import { Link as To } from "@tanstack/react-router";
import type { Link } from "../../api/gen";
import { asset } from "../../api/queries";
import { date, number, t, time } from "../../i18n";
import { Badge, Button, Dialog, Failed, Loading, Table } from "../../ui";
import { answers, choices, days } from "./queries";

const kinds = { approved: "good", rejected: "bad", comment: "info" } as const;

function Name({ id }: { id: string }) {
  const one = useQuery(asset(id));
  return <To to="/assets/$id" params={{ id } as never}>{one.data ? (Object.values(one.data.fields.title?.lang ?? {})[0] ?? one.data.fields.title?.value ?? one.data.name) : t("links.a_file")}</To>;
}

/** Returned shows what came back by a link. */
export function Returned({ link, onClose }: { link: Link; onClose(): void }) {
  const said = useQuery(answers(link.id));
  const sent = useQuery(choices(link.id));
  const used = useQuery(days(link.id));
  const broken = said.error ?? sent.error ?? used.error;
  return (
    <Dialog open size="large" title={t("links.returned_of", { title: link.title })} onClose={onClose} footer={<Button onPress={onClose}>{t("ui.close")}</Button>}>
      {broken ? <Failed problem={broken} /> : !said.data || !sent.data || !used.data ? <Loading /> : (
        <>
          {link.mode === "review" && (
            <section className="stack"><h3>{t("links.answers")}</h3>
              {!said.data.items.length ? <p className="soft">{t("links.no_answers")}</p> : (
                <ul className="stack returned">{said.data.items.map((a, i) => <li key={i} className="card stack"><p className="row"><Badge kind={kinds[a.verdict]}>{t(`links.verdict_${a.verdict}`)}</Badge> <strong>{a.name}</strong> <Name id={a.asset} /> <time className="soft" dateTime={a.at}>{time(a.at)}</time></p>{a.remark && <p className="said">{a.remark}</p>}</li>)}</ul>
              )}
            </section>
          )}
          {link.mode === "selection" && (
            <section className="stack"><h3>{t("links.choices")}</h3>
              {!sent.data.items.length ? <p className="soft">{t("links.no_choices")}</p> : (
                <ul className="stack returned">{sent.data.items.map((c, i) => <li key={i} className="card stack"><p className="row"><strong>{c.name}</strong> <span>{t("links.chose", { n: c.assets.length })}</span> <time className="soft" dateTime={c.at}>{time(c.at)}</time></p>{c.message && <p className="said">{c.message}</p>}<ul className="row">{c.assets.slice(0, 100).map((a) => <li key={a}><Name id={a} /></li>)}</ul></li>)}</ul>
              )}
            </section>
          )}
          <section className="stack"><h3>{t("links.use")}</h3>
            {!used.data.items.length ? <p className="soft">{t("links.no_use")}</p> : <Table caption={t("links.use")} hideCaption rows={used.data.items} rowKey={(d) => d.day} columns={[{ id: "day", label: t("links.day"), header: true, cell: (d) => date(d.day) }, { id: "views", label: t("links.views"), number: true, cell: (d) => number(d.views) }, { id: "downloads", label: t("links.downloads"), number: true, cell: (d) => number(d.downloads) }]} />}
          </section>
        </>
      )}
    </Dialog>
  );
}
