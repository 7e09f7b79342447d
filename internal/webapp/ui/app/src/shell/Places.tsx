// SPDX-License-Identifier: Apache-2.0
// Where one can go: the library's parts and the other screens, each shown to whoever may use it.

import { Suspense, type ComponentType } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChartColumn, CircleHelp, Contact, Copy, FolderHeart, Images, Inbox, Link2, ListChecks, MailCheck, Settings, Sheet, Trash2, Wrench } from "lucide-react";
import { may, session } from "../api/queries";
import type { GetSessionResponse, Permission } from "../api/gen";
import { t, type PlainKey } from "../i18n";
import { Dialog } from "../ui";
import { lazyPart } from "./lazyPart";

type Place = { to: string; label: PlainKey; icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>; needs?: Permission; exact?: boolean; /** in the palette only */ apart?: boolean };

/** places in the order of the menu; a feature adds its line here. */
const places: Place[] = [
  { to: "/", label: "shell.library", icon: Images, exact: true },
  { to: "/collections", label: "shell.collections", icon: FolderHeart },
  { to: "/links", label: "shell.links", icon: Link2 },
  { to: "/duplicates", label: "shell.duplicates", icon: Copy },
  { to: "/bin", label: "shell.bin", icon: Trash2 },
  { to: "/requests", label: "shell.requests", icon: Inbox },
  { to: "/inbox", label: "shell.inbox", icon: MailCheck },
  { to: "/exchange", label: "shell.exchange", icon: Sheet },
  { to: "/jobs", label: "shell.jobs", icon: ListChecks },
  { to: "/admin", label: "shell.admin", icon: Wrench },
  { to: "/admin/statistics", label: "shell.statistics", icon: ChartColumn, needs: "settings.manage", apart: true },
  { to: "/admin/settings", label: "shell.settings", icon: Settings, needs: "settings.manage", apart: true },
  { to: "/admin/contacts", label: "shell.contacts", icon: Contact, apart: true },
  { to: "/help", label: "shell.help", icon: CircleHelp },
];

/** sections stand below the places in the library's column: folders, collections, saved searches. */
const sections: ComponentType[] = [lazyPart(["library", "folders"], () => import("../features/library/Column"), "LibraryColumn"), lazyPart(["collections"], () => import("../features/collections/Section"), "CollectionColumn")];

/** shown are the places that somebody may go to. */
export const shown = (who: GetSessionResponse | undefined) => places.filter((p) => !p.needs || may(who, p.needs));

function List({ onGo }: { onGo?: () => void }) {
  const who = useQuery(session);
  return (
    <>
      <nav aria-label={t("shell.places")} className="places">
        <ul>
          {shown(who.data).filter((p) => !p.apart).map(({ to, label, icon: Icon, exact }) => (
            <li key={to}>
              <Link to={to} activeOptions={{ exact: exact ?? false, includeSearch: false }} activeProps={{ "aria-current": "page" }} {...(onGo ? { onClick: onGo } : {})}>
                <Icon size={18} aria-hidden /> {t(label)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Suspense>{sections.map((Section, i) => <Section key={i} />)}</Suspense>
    </>
  );
}

/** Places is the column on the left; on narrow screens it is a sheet that the menu button opens. */
export function Places({ open, onClose }: { open: boolean; onClose(): void }) {
  return (
    <>
      <div className="column not-narrow"><List /></div>
      <Dialog title={t("shell.places")} open={open} onClose={onClose} size="sheet"><List onGo={onClose} /></Dialog>
    </>
  );
}
