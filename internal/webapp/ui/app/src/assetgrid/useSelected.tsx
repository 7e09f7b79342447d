// SPDX-License-Identifier: Apache-2.0
// The selection of the library's query, for every part of its screen.

import { createContext, useContext, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { queryKey, type LibraryQuery } from "./query";
import { selectionOf, SelectionStore } from "./selection";

/** Selection is the context of the selection. */
export const Selection = createContext<SelectionStore | null>(null);

/** SelectionProvider stands around the views of a query and what is done with their selection. */
export function SelectionProvider({ query, children }: { query: LibraryQuery; children: ReactNode }) {
  const { sort: _, ...what } = query;
  const key = queryKey(what);
  const store = useMemo(() => selectionOf(query), [key]); // eslint-disable-line
  return <Selection.Provider value={store}>{children}</Selection.Provider>;
}

/** useSelection is the store of the selection, without listening to it. */
export function useSelection(): SelectionStore {
  const store = useContext(Selection);
  if (!store) throw new Error("no SelectionProvider stands around this");
  return store;
}

/** useSelected is the selection; the component is drawn again when it changes. */
export function useSelected(): SelectionStore {
  const store = useSelection();
  useSyncExternalStore(store.subscribe, () => store.version);
  return store;
}
