// SPDX-License-Identifier: Apache-2.0
// Every screen is empty, loading, broken or forbidden at times: each has words and a way on.

import { useEffect, useState, type ReactNode } from "react";
import { CircleAlert, CircleCheck, Info, Lock, TriangleAlert, WifiOff } from "lucide-react";
import { Offline, Problem } from "../api/client";
import { has, t } from "../i18n";
import { announce } from "./announce";
import { Button } from "./Button";

/** problemText is what is told to people of something that failed. lang is set when the text is not in theirs. */
export function problemText(e: unknown): { text: string; lang?: "en" } {
  if (e instanceof Offline) return { text: t("ui.offline") };
  if (e instanceof Problem) {
    const key = `problems.${e.code.replaceAll(".", "_")}`;
    if (has(key)) return { text: t(key) };
    if (e.message) return { text: e.message, lang: "en" };
  }
  return { text: t("ui.failed") };
}

/** fieldText is what is wrong with one field, in the language of the interface where it is known. */
export function fieldText(english: string): string {
  const numbers: Record<string, string> = {};
  const key = "problems." + english.replace(/[0-9]+/g, (n) => ((numbers["n" + Object.keys(numbers).length] = n), "#" + (Object.keys(numbers).length - 1)));
  return has(key) ? (t as (key: string, args: object) => string)(key, numbers) : english;
}

/** ErrorNote says what went wrong, with a way to try again. */
export function ErrorNote({ problem, retry }: { problem: unknown; retry?: () => void }) {
  const { text, lang } = problemText(problem);
  const incident = problem instanceof Problem ? problem.body?.incident : undefined;
  return (
    <div className="note bad" role="alert">
      {problem instanceof Offline ? <WifiOff size={18} aria-hidden /> : <CircleAlert size={18} aria-hidden />}
      <div>
        <p lang={lang}>{text}</p>
        {incident && <p className="soft">{t("ui.incident", { id: incident })}</p>}
        {retry && <Button onPress={retry}>{t("ui.retry")}</Button>}
      </div>
    </div>
  );
}

const icons = { info: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert };
/** Note is a sentence that stands out; its kind is told by picture and text, never by colour alone. */
export function Note({ kind = "info", children }: { kind?: keyof typeof icons; children: ReactNode }) {
  const Icon = icons[kind];
  return <div className={`note ${kind}`}><Icon size={18} aria-hidden /><div>{children}</div></div>;
}

/** Empty says why there is nothing here and what one can do about it. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return <div className="empty"><h2>{title}</h2>{children && <div className="soft">{children}</div>}{action}</div>;
}

/** Loading keeps the place of what is coming; after a second it is announced. */
export function Loading({ what, lines = 3 }: { what?: string; lines?: number }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const later = setTimeout(() => {
      setSlow(true);
      announce(what ?? t("ui.loading"));
    }, 1000);
    return () => clearTimeout(later);
  }, [what]);
  return <div className="loading" aria-busy="true">{Array.from({ length: lines }, (_, i) => <span key={i} className="bone" />)}{slow && <p className="soft">{what ?? t("ui.loading")}</p>}</div>;
}

/** Failed is what a page shows instead of what it could not get. */
export function Failed({ problem, retry }: { problem: unknown; retry?: () => void }) {
  if (problem instanceof Problem && problem.status === 403) return <Empty title={t("ui.forbidden")}><p><Lock size={16} aria-hidden /> {problemText(problem).text}</p></Empty>;
  if (problem instanceof Problem && problem.status === 404) return <Empty title={t("ui.not_found")}><p>{t("ui.not_found_text")}</p></Empty>;
  return <ErrorNote problem={problem} {...(retry ? { retry } : {})} />;
}

/** Badge is a short status: picture (or none) and text. */
export function Badge({ kind = "info", children }: { kind?: "info" | "good" | "warn" | "bad"; children: ReactNode }) {
  return <span className={`badge ${kind}`}>{children}</span>;
}
