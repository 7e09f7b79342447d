// SPDX-License-Identifier: Apache-2.0
// What a card says of its asset, to eyes and to screen readers.

import { date, duration, has, language, number, t, type PlainKey } from "../i18n";
import type { Asset } from "./query";

/** nameOf is an asset's title in the language of the interface, else in another, else its file's name. */
export function nameOf(asset: Asset): string {
  const title = asset.fields["title"];
  const by = title?.lang ?? {};
  return by[language] || title?.value || by[""] || by["en"] || Object.values(by).find(Boolean) || asset.name;
}

/** State is something about an asset that one must know before using it. */
export type State = { id: string; text: string; kind: "info" | "warn" | "bad" };

const day = 86_400_000;

/** statesOf are the states of an asset, the gravest first. */
export function statesOf(asset: Asset, now = Date.now()): State[] {
  const out: State[] = [];
  const add = (id: string, kind: State["kind"], text: string) => out.push({ id, kind, text });
  if (asset.state === "quarantined") add("quarantined", "bad", t("terms.state_quarantined"));
  if (asset.expires_at) {
    const left = new Date(asset.expires_at).getTime() - now;
    if (left <= 0) add("expired", "bad", t("grid.expired"));
    else if (left < 30 * day) add("expiring", "warn", t("grid.expiring", { date: date(asset.expires_at) }));
  }
  if (asset.embargo_until && new Date(asset.embargo_until).getTime() > now) add("embargo", "warn", t("grid.embargo", { date: date(asset.embargo_until) }));
  if (asset.state === "failed") add("failed", "warn", t("terms.state_failed"));
  if (asset.state === "preparing") add("preparing", "info", t("terms.state_preparing"));
  const approval = (asset as { approval?: string }).approval;
  if (approval === "draft" || approval === "review" || approval === "archived") add(approval, "info", t(`grid.${approval}`));
  if (asset.kind === "image" && Object.keys(asset.alt).length === 0) add("no_alt", "warn", t("grid.no_alt"));
  if (asset.sensitive?.length) add("sensitive", "warn", t("grid.sensitive"));
  return out;
}

/** kindOf is what an asset is: "Bild". */
export const kindOf = (asset: Asset): string => {
  const key = `terms.type_${asset.kind}`;
  return has(key) ? t(key as PlainKey) : asset.kind;
};

/** factOf is the one fact that tells most: how large, how long, how many pages. */
export function factOf(asset: Asset): string {
  if (asset.duration) return duration(asset.duration);
  if (asset.pages) return t("grid.pages", { n: asset.pages });
  if (asset.width && asset.height) return `${number(asset.width)} × ${number(asset.height)}`;
  return asset.name.includes(".") ? asset.name.slice(asset.name.lastIndexOf(".") + 1).toUpperCase().slice(0, 5) : "";
}

/** rowName is what a screen reader says of a card, once: name, kind, states, which of how many. */
export function rowName(asset: Asset | null | undefined, place: number, total: number): string {
  const of = t("grid.n_of", { n: place + 1, total });
  if (asset === undefined) return `${t("ui.loading")}, ${of}`;
  if (asset === null) return `${t("grid.gone")}, ${of}`;
  return [nameOf(asset), kindOf(asset), ...statesOf(asset).map((s) => s.text), of].join(", ");
}

/** pictureOf is the smallest preview that fills a width on this screen. */
export function pictureOf(asset: Asset, width: number): Asset["renditions"][number] | undefined {
  const need = width * Math.min(2, window.devicePixelRatio || 1);
  let best: Asset["renditions"][number] | undefined;
  for (const r of asset.renditions) {
    if (!["small", "medium", "large"].includes(r.preset)) continue;
    if (!best || (Math.max(best.width, best.height) < need ? r.width > best.width : Math.max(r.width, r.height) >= need && r.width < best.width)) best = r;
  }
  return best;
}
