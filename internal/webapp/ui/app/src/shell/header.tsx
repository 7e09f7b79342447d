// SPDX-License-Identifier: Apache-2.0
// What features put into the header: the search box of the library, the upload button, the bell.

import { lazy, Suspense, useState } from "react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { t } from "../i18n";
import { SearchField } from "../ui";

/** HeaderSearch finds in the library, from every screen. */
export function HeaderSearch() {
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const go = useNavigate();
  const [text, setText] = useState(search["q"] ?? "");
  return <SearchField label={t("shell.search")} value={text} onChange={setText} onSubmit={(q) => void go({ to: "/", search: { ...search, q } })} />;
}

const tools: (() => Promise<{ default: () => React.ReactNode }>)[] = [];
const parts = tools.map((load) => lazy(load));

/** HeaderTools are the buttons at the end of the header. */
export function HeaderTools() {
  return <Suspense>{parts.map((Part, i) => <Part key={i} />)}</Suspense>;
}
