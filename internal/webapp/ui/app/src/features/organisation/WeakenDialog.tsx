// SPDX-License-Identifier: Apache-2.0
// Asks for a reason and the password before something is made less safe.

import { useState, type FormEvent } from "react";
import { Problem } from "../../api/client";
import { t, type PlainKey } from "../../i18n";
import { Button, Dialog, ErrorNote, fieldText, Note, TextField } from "../../ui";

/** WeakenDialog stands open while what names settings. */
export function WeakenDialog({ what, onClose, onConfirm }: { what: string[] | undefined; onClose(): void; onConfirm(more: { reason: string; password: string }): Promise<void> }) {
  const [reason, setReason] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const errors = problem instanceof Problem ? problem.fields : {};
  const go = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm({ reason, password });
      setReason("");
    } catch (err) {
      setProblem(err);
    } finally {
      setPassword("");
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("organisation.weaken")} open={!!what} onClose={onClose} size="small" alert keep>
      <form className="stack" onSubmit={(e) => void go(e)}>
        {problem !== undefined && <ErrorNote problem={problem} />}
        <Note kind="warn">
          <p>{t("organisation.weaken_text")}</p>
          <ul className="plain-list">{what?.filter(Boolean).map((w) => <li key={w}>{t(`organisation.${w}` as PlainKey)}</li>)}</ul>
        </Note>
        <TextField label={t("organisation.reason")} help={t("organisation.reason_help")} rows={3} value={reason} onChange={setReason} isRequired minLength={10} maxLength={500} error={errors["reason"] && fieldText(errors["reason"])} autoFocus />
        <TextField label={t("shell.password_word")} type="password" autoComplete="current-password" value={password} onChange={setPassword} isRequired error={errors["password"] && fieldText(errors["password"])} />
        <div className="row end">
          <Button onPress={onClose}>{t("ui.cancel")}</Button>
          <Button kind="danger" type="submit" isPending={busy}>{t("organisation.weaken_do")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
