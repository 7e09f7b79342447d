// SPDX-License-Identifier: Apache-2.0
import { useState, type ReactNode } from "react";
import { t } from "../i18n";
import { announce } from "./announce";
import { Button } from "./Button";
import { later, useLater } from "./later";
import { ErrorNote } from "./states";

export type DialogProps = { title: string; open: boolean; onClose(): void; children: ReactNode; footer?: ReactNode; size?: "small" | "medium" | "large" | "sheet"; alert?: boolean; keep?: boolean };

const modal = later(() => import("./Modal").then((m) => m.Modal));

/** Dialog stands over the page until it is answered. Focus goes in, stays in, and returns to where it came from.
 * keep: clicking beside it does not close it (something was typed). */
export function Dialog(props: DialogProps) {
  const Modal = useLater(modal, props.open, () => {
    announce(t("ui.offline"), true);
    props.onClose();
  });
  return props.open && Modal ? <Modal {...props} /> : null;
}

/** Confirm asks before something is done; what does it keeps the dialog open while it runs and shows why it failed. */
export function Confirm({ title, children, action, danger, open, onClose, onConfirm }: { title: string; children: ReactNode; action: string; danger?: boolean; open: boolean; onClose(): void; onConfirm(): Promise<unknown> | void }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const close = () => {
    setProblem(undefined);
    onClose();
  };
  const go = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} open={open} onClose={close} size="small" alert footer={
      <>
        <Button onPress={close}>{t("ui.cancel")}</Button>
        <Button kind={danger ? "danger" : "main"} isPending={busy} onPress={() => void go()}>{action}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      {children}
    </Dialog>
  );
}
