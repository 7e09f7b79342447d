// SPDX-License-Identifier: Apache-2.0
// Everything one can do, by name: Ctrl+K.

import { useMemo, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { session } from "../api/queries";
import { t } from "../i18n";
import { CommandList, Dialog } from "../ui";
import { shown } from "./Places";
import { useCommands } from "./commands";

/** Palette lists places and the commands of the screen that is open. */
export function Palette({ open, onClose }: { open: boolean; onClose(): void }) {
  const who = useQuery(session);
  const go = useNavigate();
  const commands = useCommands();
  const [text, setText] = useState("");
  const all = useMemo(
    () => [
      ...commands,
      ...shown(who.data).map((p) => ({ id: "to:" + p.to, label: t("shell.go_to", { place: t(p.label) }), run: () => void go({ to: p.to }) })),
      { id: "to:/preferences", label: t("shell.preferences"), run: () => void go({ to: "/preferences" }) },
    ],
    [commands, who.data, go],
  );
  const close = () => {
    setText("");
    onClose();
  };
  return (
    <Dialog title={t("shell.palette")} open={open} onClose={close} size="small">
      <CommandList label={t("shell.palette_what")} text={text} onText={setText} commands={all} onRun={(c) => { close(); c.run(); }} onSearch={(q) => { close(); void go({ to: "/", search: { q } }); }} />
    </Dialog>
  );
}
