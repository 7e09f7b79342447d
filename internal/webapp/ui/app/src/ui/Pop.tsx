// SPDX-License-Identifier: Apache-2.0
import { cloneElement, useRef, useState, type ReactElement, type ReactNode } from "react";
import { t } from "../i18n";
import { announce } from "./announce";
import { later, useLater } from "./later";

const body = later(() => import("./PopBody").then((m) => m.PopBody));

/** Pop opens a small dialog right at its button; children are made when it opens. */
export function Pop({ button, label, className, children }: { button: ReactElement; label: string; className?: string; children(): ReactNode }) {
  const trigger = useRef<HTMLElement>(null);
  const [open, setOpen] = useState(false);
  const Body = useLater(body, open, () => {
    setOpen(false);
    announce(t("ui.offline"), true);
  });
  return (
    <>
      {cloneElement(button as ReactElement<Record<string, unknown>>, { ref: trigger, "aria-haspopup": "dialog", "aria-expanded": open, onPress: () => setOpen(!open), onHoverStart: () => void body.get().catch(() => undefined) })}
      {open && Body && <Body trigger={trigger} label={label} className={className} onClose={() => setOpen(false)}>{children()}</Body>}
    </>
  );
}
