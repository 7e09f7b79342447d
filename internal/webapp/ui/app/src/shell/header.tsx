// SPDX-License-Identifier: Apache-2.0
// What features put into the header: the search box of the library, the upload button, the bell.

import { lazy, Suspense } from "react";
import { lazyPart } from "./lazyPart";

const Search = lazyPart(["library", "terms", "folders"], () => import("../features/library/Search"), "LibrarySearch");

/** HeaderSearch finds in the library, from every screen. */
export const HeaderSearch = () => <Suspense fallback={<div className="search-box"><div className="search" /></div>}><Search /></Suspense>;

const tools: (() => Promise<{ default: () => React.ReactNode }>)[] = [() => import("../features/upload"), () => import("../features/notices/Bell")];
const parts = tools.map((load) => lazy(load));

/** HeaderTools are the buttons at the end of the header. */
export function HeaderTools() {
  return <Suspense>{parts.map((Part, i) => <Part key={i} />)}</Suspense>;
}
