// SPDX-License-Identifier: Apache-2.0
import { useState, type ReactNode } from "react";
import { Dialog as RACDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { X } from "lucide-react";
import { t } from "../i18n";
import { Button, IconButton } from "./Button";
import { ErrorNote } from "./states";

type Props = { title: string; open: boolean; onClose(): void; children: ReactNode; footer?: ReactNode; size?: "small" | "medium" | "large" | "sheet"; alert?: boolean; keep?: boolean };

/** Dialog stands over the page until it is answered. Focus goes in, stays in, and returns to where it came from.
 * keep: clicking beside it does not close it (something was typed). */
export function Dialog({ title, open, onClose, children, footer, size = "medium", alert, keep }: Props) {
  return (
    <ModalOverlay isOpen={open} onOpenChange={(o) => !o && onClose()} isDismissable={!keep} className="overlay" data-size={size}>
      <Modal className="modal" data-size={size}>
        <RACDialog role={alert ? "alertdialog" : "dialog"} className="dialog">
          <header>
            <Heading slot="title" level={2}>{title}</Heading>
            <IconButton label={t("ui.close")} onPress={onClose}><X size={18} aria-hidden /></IconButton>
          </header>
          {/* A form in here is not part of the form that the dialog was opened from, though React lets its events go there. */}
          <div className="dialog-body" onSubmit={(e) => e.stopPropagation()}>{children}</div>
          {footer && <footer>{footer}</footer>}
        </RACDialog>
      </Modal>
    </ModalOverlay>
  );
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
