// SPDX-License-Identifier: Apache-2.0
// The help, bundled with the app: in Swedish and English; others read the English one and are told so.

import { useEffect, useRef, useState } from "react";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { language, t } from "../../i18n";
import { Empty, Loading, Note, Page } from "../../ui";
import { topicsOf, type Part, type Topic } from "./text";
import "./help.css";

const written = language === "sv" ? "sv" : "en";
const load = async () => topicsOf((written === "sv" ? await import("./sv") : await import("./en")).default);

function useTopics(): Topic[] | undefined {
  const [topics, setTopics] = useState<Topic[]>();
  useEffect(() => void load().then(setTopics), []);
  return topics;
}

/** HelpScreen lists the topics, or shows one. */
export function HelpScreen() {
  const { topic: id } = useParams({ strict: false }) as { topic?: string };
  const topics = useTopics();
  if (!topics) return <Page title={t("help.title")}><Loading /></Page>;
  const at = topics.findIndex((x) => x.id === id);
  if (!id) return <All topics={topics} />;
  const topic = topics[at];
  if (!topic) return <Page title={t("help.title")}><Empty title={t("help.none")} action={<Link to="/help" className="button plain">{t("help.all")}</Link>} /></Page>;
  return <One key={id} topic={topic} next={topics[at + 1]} />;
}

const English = () => (written === language ? null : <Note kind="info"><p>{t("help.english")}</p></Note>);

function All({ topics }: { topics: Topic[] }) {
  return (
    <Page title={t("help.title")} lead={t("help.lead")}>
      <English />
      <nav aria-label={t("help.topics")}>
        <ul className="help-topics" lang={written}>{topics.map((x) => <li key={x.id}><Link to="/help/$topic" params={{ topic: x.id } as never} className="card">{x.title}</Link></li>)}</ul>
      </nav>
      <ul className="help-more">
        <li><a href="/accessibility">{t("help.statement")}</a></li>
        <li><a href="/api/docs">{t("help.api")}</a></li>
      </ul>
    </Page>
  );
}

function One({ topic, next }: { topic: Topic; next: Topic | undefined }) {
  const body = useRef<HTMLElement>(null);
  return (
    <Page title={topic.title} actions={<Link to="/help" className="button plain">{t("help.all")}</Link>}>
      <English />
      <article ref={body} className="help-text" lang={written}>{topic.parts.map((p, i) => <Shown key={i} part={p} />)}</article>
      {next && <p><Link to="/help/$topic" params={{ topic: next.id } as never} className="button plain"><span lang={written}>{t("help.next", { title: next.title })}</span><ArrowRight size={16} aria-hidden /></Link></p>}
    </Page>
  );
}

function Shown({ part }: { part: Part }) {
  if ("heading" in part) return <h2>{part.heading}</h2>;
  if ("items" in part) return <ul>{part.items.map((x, i) => <li key={i}><Words text={x} /></li>)}</ul>;
  return <p><Words text={part.text} /></p>;
}

/** Words turns [text](/address) into links within the product. */
function Words({ text }: { text: string }) {
  const pieces = text.split(/(\[[^\]]+\]\(\/[^)]*\))/);
  return (
    <>
      {pieces.map((piece, i) => {
        const link = /^\[([^\]]+)\]\((\/[^)]*)\)$/.exec(piece);
        return link ? <a key={i} href={link[2]}>{link[1]}</a> : piece;
      })}
    </>
  );
}
