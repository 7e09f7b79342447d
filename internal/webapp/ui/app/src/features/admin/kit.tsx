// SPDX-License-Identifier: Apache-2.0
// What the screens of administration share: pages of lists, forms in dialogs, and the names of roles and permissions.

import { useId, useState, type FormEvent, type ReactNode } from "react";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Offline, Problem } from "../../api/client";
import { has, t, type PlainKey } from "../../i18n";
import { announce, Button, Dialog, ErrorNote, Failed, fieldText, Loading, Pager, toast } from "../../ui";

/** usePages asks for one page of a list after the other; another key begins anew. */
export function usePages<R extends { next?: string }>(key: unknown[], fetch: (cursor: string | undefined, signal: AbortSignal) => Promise<R>) {
  const of = JSON.stringify(key);
  const [at, setAt] = useState<{ of: string; used: string[] }>({ of, used: [] });
  const used = at.of === of ? at.used : [];
  const cursor = used.at(-1);
  const q = useQuery({ queryKey: [...key, cursor ?? ""], queryFn: ({ signal }) => fetch(cursor, signal), placeholderData: keepPreviousData, staleTime: 0 }); // who administers looks at what is so now
  const next = q.data?.next;
  return {
    q,
    page: used.length + 1,
    back: used.length ? () => setAt({ of, used: used.slice(0, -1) }) : undefined,
    forth: next ? () => setAt({ of, used: [...used, next] }) : undefined,
  };
}

/** Listed shows what a question was answered with, or why it was not. */
export function Listed<R>({ q, children, pages }: { q: UseQueryResult<R>; children: (data: R) => ReactNode; pages?: { page: number; back: (() => void) | undefined; forth: (() => void) | undefined } }) {
  if (q.data === undefined) return q.isError ? <Failed problem={q.error} retry={() => void q.refetch()} /> : <Loading lines={5} />;
  return (
    <>
      {q.isError && <ErrorNote problem={q.error} retry={() => void q.refetch()} />}
      {children(q.data)}
      {pages && <Pager page={pages.page} back={pages.back} forth={pages.forth} />}
    </>
  );
}

/** errorsOf are what is wrong with the fields of a form. */
export function errorsOf(problem: unknown): Record<string, string> {
  if (!(problem instanceof Problem)) return {};
  return Object.fromEntries(Object.entries(problem.fields).map(([name, text]) => [name, fieldText(text)]));
}

/** ErrorSummary stands above a form that was not saved: what happened, and what is wrong with which field. */
export function ErrorSummary({ problem }: { problem: unknown }) {
  if (problem === undefined) return null;
  const errors = Object.values(errorsOf(problem));
  return (
    <div className="stack" tabIndex={-1} ref={(e) => e?.focus()}>
      <ErrorNote problem={problem} />
      {errors.length > 0 && <ul className="admin-errors">{errors.map((e) => <li key={e}>{e}</li>)}</ul>}
    </div>
  );
}

/** FormDialog is a form over the page. What was typed stays until it is saved or given up. */
export function FormDialog({ title, open, action, onClose, onSubmit, said, children, size = "medium", danger }: {
  title: string; open: boolean; action: string; onClose(): void; onSubmit(): Promise<unknown>; said?: string; children: (errors: Record<string, string>) => ReactNode; size?: "small" | "medium" | "large"; danger?: boolean;
}) {
  const form = useId();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const close = () => (setProblem(undefined), onClose());
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    try {
      await onSubmit();
      setProblem(undefined);
      if (said) toast(said);
      onClose();
    } catch (why) {
      if (!(why instanceof Problem || why instanceof Offline)) console.error(why);
      setProblem(why);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} open={open} onClose={close} size={size} keep footer={<>
      <Button onPress={close}>{t("ui.cancel")}</Button>
      <Button type="submit" form={form} kind={danger ? "danger" : "main"} isPending={busy}>{action}</Button>
    </>}>
      <form id={form} noValidate onSubmit={(e) => void submit(e)} className="stack">
        <ErrorSummary problem={problem} />
        {children(errorsOf(problem))}
      </form>
    </Dialog>
  );
}

/** named is the text under a name that the server gave, or the name itself. */
const named = (key: string, otherwise: string): string => (has(key) ? t(key as PlainKey) : otherwise);

/** roleName is what a role is called: built-in ones in the language of the interface. */
export const roleName = (name: string): string => named(`admin.role_${name.replaceAll("-", "_")}`, name);
/** permissionName says in plain words what a permission allows. */
export const permissionName = (name: string): string => named(`admin.perm_${name.replaceAll(".", "_")}`, name);
/** stateName is what a state of an account or a job is called. */
export const stateName = (kind: "account" | "job" | "guest" | "level", state: string): string => named(`admin.${kind}_${state}`, state);

/** Permissions says how many there are, and which when it is opened. */
export function Permissions({ of }: { of: string[] }) {
  if (of.length === 0) return <>{t("admin.nothing")}</>;
  if (of.length === 1) return <>{permissionName(of[0]!)}</>;
  return <details className="admin-permissions"><summary>{t("admin.n_permissions", { n: of.length })}</summary><ul>{of.map((p) => <li key={p}>{permissionName(p)}</li>)}</ul></details>;
}

/** copy puts a text on the clipboard and says so. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(t("admin.copied"));
    toast(t("admin.copied"));
  } catch {
    toast(t("admin.not_copied"), { kind: "bad" });
  }
}

/** Secret is a text that is shown this once, with a way to take it along. */
export function Secret({ label, text, mail }: { label: string; text: string; mail?: string }) {
  return (
    <div className="stack">
      <span className="label">{label}</span>
      <code className="admin-secret">{text}</code>
      <div className="row">
        <Button onPress={() => void copy(text)}>{t("admin.copy")}</Button>
        {mail && <a className="button plain" href={mail}>{t("admin.mail")}</a>}
      </div>
    </div>
  );
}
