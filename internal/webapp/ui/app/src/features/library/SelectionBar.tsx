// SPDX-License-Identifier: Apache-2.0
// What is selected and what can be done with it: a bar at the bottom that is there only while something is.

import { Suspense, useCallback, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Info, X } from "lucide-react";
import type { Asset, Folder, Permission } from "../../api/gen";
import { may, session } from "../../api/queries";
import { assetsHere, byQuery, useSelected, type SelectionStore } from "../../assetgrid";
import { t } from "../../i18n";
import type { Command } from "../../shell/commands";
import { Button, IconButton, Menu } from "../../ui";
import { actions, type Act, type Chosen } from "./actions";
import type { Scope } from "./place";

/** Acts are the actions that fit the selection and the rights, and the dialog of the one that runs. */
export type Acts = { list: Act[]; run(id: string): boolean; commands: Command[]; dialog: ReactNode; chosen: Chosen };

/** useActs finds out what can be done with the selection. */
export function useActs({ folder, scope }: { folder: Folder | undefined; scope: Scope }): Acts {
  const store = useSelected();
  const who = useQuery(session);
  const cache = useQueryClient();
  const [running, setRunning] = useState<{ act: Act; chosen: Chosen }>();

  const look = useCallback((): Chosen => ({ selected: store.selected, count: store.count, assets: known(store, cache), scope, clear: () => { store.clear(); backToList(); } }), [store, cache, scope]);
  const fits = useCallback(
    (a: Act, c: Chosen) => {
      const holds = (p: Permission) => may(who.data, p) || !!folder?.permissions.includes(p) || c.assets.some((x) => x.permissions.includes(p));
      return (!a.permission || holds(a.permission)) && (a.when?.(c) ?? true);
    },
    [who.data, folder],
  );
  const run = useCallback(
    (id: string) => {
      const chosen = look();
      const act = actions.find((a) => a.id === id);
      if (!act || store.isEmpty || !fits(act, chosen)) return false;
      if (act.Dialog) setRunning({ act, chosen });
      else void act.run?.(chosen);
      return true;
    },
    [look, fits, store],
  );
  const chosen = look();
  const list = actions.filter((a) => fits(a, chosen));
  const names = list.map((a) => a.id).join();
  const commands = useMemo(() => actions.filter((a) => names.split(",").includes(a.id)).map((a) => ({ id: "act:" + a.id, label: t(a.label), ...(a.keys ? { keys: a.keys } : {}), run: () => void run(a.id) })), [names, run]);
  const Running = running?.act.Dialog;
  return { list, run, commands, chosen, dialog: Running && <Suspense><Running chosen={running.chosen} onClose={() => setRunning(undefined)} /></Suspense> };
}

function known(store: SelectionStore, cache: ReturnType<typeof useQueryClient>): Asset[] {
  const here = [...assetsHere()];
  const s = store.selected;
  if (byQuery(s)) return here.filter((a) => !s.except.has(a.id));
  const seen = new Map(here.map((a) => [a.id, a]));
  return [...s.ids].map((id) => seen.get(id) ?? cache.getQueryData<Asset>(["asset", id])).filter((a): a is Asset => !!a);
}

/** backToList moves the focus into the list when what had it is gone. */
function backToList() {
  requestAnimationFrame(() => {
    if (document.activeElement && document.activeElement !== document.body) return;
    (document.querySelector<HTMLElement>(".library-middle [role=grid], .library-middle table input") ?? document.getElementById("main"))?.focus();
  });
}

/** roomFor so many actions there is room on the bar; the others stand in its menu. */
const wideBar = window.matchMedia("(min-width: 106.25em)");
const onBar = (l: () => void) => (wideBar.addEventListener("change", l), () => wideBar.removeEventListener("change", l));
const useRoom = (): number => useSyncExternalStore(onBar, () => (wideBar.matches ? 7 : 5));

/** SelectionBar floats over the list; lists keep their focus clear of it. */
export function SelectionBar({ acts, onDetails }: { acts: Acts; onDetails?: () => void }) {
  const store = useSelected();
  const room = useRoom();
  if (store.isEmpty) return null;
  const { n, exact } = store.count;
  const main = acts.list.filter((a) => a.main).slice(0, room);
  const more = acts.list.filter((a) => !main.includes(a));
  return (
    <section className="selection-bar" aria-label={t("library.selection")}>
      <p className="selected-count" role="status">{exact ? t("library.selected", { n }) : t("library.selected_at_least", { n })}</p>
      <Button kind="quiet" aria-pressed={store.onlySelected} onPress={() => store.setOnlySelected(!store.onlySelected)}>{t(store.onlySelected ? "library.show_all" : "library.show_selected")}</Button>
      <div className="selection-acts">
        {main.map((a) => {
          const Icon = a.icon;
          return <Button key={a.id} kind="quiet" onPress={() => acts.run(a.id)}><Icon size={16} aria-hidden /><span className="act-name">{t(a.label)}</span></Button>;
        })}
        {more.length > 0 && (
          <Menu label={t("library.more_acts")} button={<IconButton label={t("library.more_acts")}><Ellipsis size={18} aria-hidden /></IconButton>} entries={more.map((a) => {
            const Icon = a.icon;
            return { id: a.id, label: t(a.label), icon: <Icon size={16} aria-hidden />, danger: !!a.danger, onAction: () => void acts.run(a.id) };
          })} />
        )}
      </div>
      {onDetails && <IconButton label={t("library.panel")} onPress={onDetails}><Info size={18} aria-hidden /></IconButton>}
      <IconButton label={t("library.select_none")} onPress={() => { store.clear(); backToList(); }}><X size={18} aria-hidden /></IconButton>
    </section>
  );
}
