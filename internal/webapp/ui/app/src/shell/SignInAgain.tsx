// SPDX-License-Identifier: Apache-2.0
// A session that ends in the middle of work is renewed over the page: what was typed stays, and the request that was
// refused is sent again.

import { useEffect, useState, type FormEvent } from "react";
import { onSignedOut, post } from "../api/client";
import { queries, session } from "../api/queries";
import type { GetSessionResponse, SignInData, SignInResponse } from "../api/gen";
import { t } from "../i18n";
import { Button, Dialog, ErrorNote, Form, TextField } from "../ui";

let answer: ((signedIn: boolean) => void) | undefined;

/** SignInAgain stands once in the shell. */
export function SignInAgain() {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");

  useEffect(
    () =>
      onSignedOut(
        () =>
          new Promise<boolean>((resolve) => {
            const known = queries.getQueryData<GetSessionResponse>(session.queryKey);
            if (!known) { // nobody was signed in when the page came
              location.assign("/sign-in?to=" + encodeURIComponent(location.pathname + location.search));
              return;
            }
            answer = resolve;
            setEmail(known.email ?? "");
            setOpen(true);
          }),
      ),
    [],
  );

  const end = (signedIn: boolean) => {
    setOpen(false);
    setPassword("");
    setProblem(undefined);
    answer?.(signedIn);
    answer = undefined;
  };
  const signIn = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await post<SignInData, SignInResponse>("/api/v1/session", { body: { email, password }, asIs: true });
      end(true);
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("shell.signed_out")} open={open} keep size="small" onClose={() => end(false)}>
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
