// SPDX-License-Identifier: Apache-2.0
import { useState, type FormEvent } from "react";
import { post } from "../api/client";
import type { SignInData, SignInResponse } from "../api/gen";
import { t } from "../i18n";
import { Button, Dialog, ErrorNote, Form, TextField } from "../ui";

/** SignInForm signs in over the page. */
export function SignInForm({ known, onEnd, onClose }: { known: string; onEnd(): void; onClose(): void }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const signIn = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await post<SignInData, SignInResponse>("/api/v1/session", { body: { email, password }, asIs: true });
      onEnd();
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("shell.signed_out")} open keep size="small" onClose={onClose}>
      <p>{t("shell.signed_out_text")}</p>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form onSubmit={(e) => void signIn(e)} className="stack">
        <TextField label={t("shell.email")} type="email" autoComplete="username" value={email} onChange={setEmail} isRequired />
        <TextField label={t("shell.password_word")} type="password" autoComplete="current-password" value={password} onChange={setPassword} isRequired autoFocus />
        <Button type="submit" kind="main" isPending={busy}>{t("shell.sign_in")}</Button>
      </Form>
      <p className="soft">{t("shell.signed_out_link")} <a href="/sign-in/link" target="_blank" rel="noreferrer">{t("shell.use_link")}</a></p>
    </Dialog>
  );
}
