// SPDX-License-Identifier: Apache-2.0
// Which screen stands at which address. A screen's code and words come when it is gone to.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { loadMessages, type Feature } from "../i18n";
import { Failed, Loading } from "../ui";
import { Nowhere, Shell } from "./Shell";

const root = createRootRoute({ component: Shell, notFoundComponent: Nowhere });

type Search = Record<string, string | undefined>;
/** Addresses keep their query as plain texts; each screen reads what it knows. */
const texts = (raw: Record<string, unknown>): Search => Object.fromEntries(Object.entries(raw).filter(([, v]) => v !== undefined && v !== "").map(([k, v]) => [k, String(v)]));

function screen(path: string, features: Feature[], load: () => Promise<Record<string, unknown>>, component: string) {
  const both = async () => (await Promise.all([load(), loadMessages(...features)]))[0];
  return createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: texts,
    component: lazyRouteComponent(both as () => Promise<Record<string, never>>, component),
  });
}

const screens = [
  screen("/", ["library", "grid", "terms", "folders"], () => import("../features/library/Screen"), "LibraryScreen"),
  screen("/jobs", ["library", "terms"], () => import("../features/library/JobsScreen"), "JobsScreen"),
  screen("/assets/$id", ["asset", "terms"], () => import("../features/asset"), "AssetScreen"),
  screen("/collections", ["collections", "library", "terms", "grid"], () => import("../features/collections"), "CollectionsScreen"),
  screen("/collections/$id", ["collections", "library", "terms", "folders", "grid"], () => import("../features/collections/Screen"), "CollectionScreen"),
  screen("/bin", ["collections", "terms", "grid"], () => import("../features/bin"), "BinScreen"),
  screen("/duplicates", ["collections", "terms", "grid"], () => import("../features/duplicates"), "DuplicatesScreen"),
  screen("/requests", ["requests", "terms", "folders"], () => import("../features/requests"), "RequestsScreen"),
  screen("/inbox", ["requests", "terms"], () => import("../features/requests/Inbox"), "InboxScreen"),
  screen("/exchange", ["exchange", "terms"], () => import("../features/exchange"), "ExchangeScreen"),
  ...["/admin", "/admin/$part", "/admin/$part/$id"].map((path) => screen(path, ["admin", "library", "folders"], () => import("../features/admin"), "AdminScreen")),
  screen("/notices", ["notices"], () => import("../features/notices"), "NoticesScreen"),
  screen("/notices/preferences", ["notices"], () => import("../features/notices"), "ChoicesScreen"),
  screen("/notices/$id", ["notices"], () => import("../features/notices"), "NoticeScreen"),
  screen("/help", ["help"], () => import("../features/help"), "HelpScreen"),
  screen("/help/$topic", ["help"], () => import("../features/help"), "HelpScreen"),
  screen("/links", ["links", "terms"], () => import("../features/links"), "LinksScreen"),
  screen("/preferences", [], () => import("../features/preferences"), "PreferencesScreen"),
];

export const router = createRouter({
  routeTree: root.addChildren(screens),
  defaultPreload: "intent",
  defaultPendingMs: 300,
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <Failed problem={error} retry={reset} />,
  scrollRestoration: false,
  // Plain query strings: ?q=båt&folder=fld_…
  parseSearch: (s) => Object.fromEntries(new URLSearchParams(s)),
  stringifySearch: (o) => {
    const p = new URLSearchParams();
    for (const [k, v] of Object.entries(o)) if (v !== undefined && v !== null && v !== "") p.set(k, String(v));
    const text = p.toString();
    return text ? "?" + text : "";
  },
});
