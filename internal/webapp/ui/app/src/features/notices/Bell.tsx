// SPDX-License-Identifier: Apache-2.0
// The bell in the header: how much there is to know, said politely when it grows.

import { useEffect, useRef } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bell as BellIcon } from "lucide-react";
import { loadMessages, t } from "../../i18n";
import { announce } from "../../ui";
import { noticeState } from "./queries";
import "./notices.css";

await loadMessages("notices");

/** Bell leads to the notices. */
export default function Bell() {
  const state = useQuery(noticeState);
  const unread = state.data?.unread ?? 0;
  const before = useRef<number>(undefined);
  useEffect(() => {
    if (!state.data) return;
    if (before.current !== undefined && unread > before.current) announce(t("notices.new", { n: unread - before.current }));
    before.current = unread;
  }, [state.data, unread]);
  const shown = unread >= 100 ? "99+" : String(unread);
  return (
    <Link to="/notices" className="button icon quiet bell" title={t("notices.title")} aria-label={unread ? t("notices.bell", { n: unread }) : t("notices.bell_none")} activeProps={{ "aria-current": "page" }}>
      <BellIcon size={18} aria-hidden />
      {unread > 0 && <span className="bell-count" aria-hidden>{shown}</span>}
    </Link>
  );
}
