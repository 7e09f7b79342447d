// SPDX-License-Identifier: Apache-2.0
import { Dialog as RACDialog, Heading, Modal as RACModal, ModalOverlay } from "react-aria-components";
import { X } from "lucide-react";
import { t } from "../i18n";
import { IconButton } from "./Button";
import type { DialogProps } from "./Dialog";

/** Modal is what Dialog shows. */
export function Modal({ title, onClose, children, footer, size = "medium", alert, keep }: DialogProps) {
  return (
    <ModalOverlay isOpen onOpenChange={(o) => !o && onClose()} isDismissable={!keep} className="overlay" data-size={size}>
      <RACModal className="modal" data-size={size}>
        <RACDialog role={alert ? "alertdialog" : "dialog"} className="dialog">
          <header>
            <Heading slot="title" level={2}>{title}</Heading>
            <IconButton label={t("ui.close")} onPress={onClose}><X size={18} aria-hidden /></IconButton>
          </header>
          {/* A form in here is not part of the form that the dialog was opened from, though React lets its events go there. */}
          <div className="dialog-body" onSubmit={(e) => e.stopPropagation()}>{children}</div>
          {footer && <footer>{footer}</footer>}
        </RACDialog>
      </RACModal>
    </ModalOverlay>
  );
}
