// SPDX-License-Identifier: Apache-2.0
// What the results have in common, with counts: chosen ones first, one press narrows, another widens again.

import { useState } from "react";
import { useNavigate } from "@tanstack/react-router";
import { Check } from "lucide-react";
import type { FacetCount, Facets as Found } from "../../api/gen";
import { number, t } from "../../i18n";
import { Button } from "../../ui";
import { kindName } from "./filters";
import { useGo, type Place } from "./place";
import { fOf, type Filter } from "./text";

/** Facets lists kinds, keywords, years and folders of what was found. */
export function Facets({ place, found }: { place: Place; found: Found | undefined }) {
  const change = useGo();
  const go = useNavigate();
  const press = (key: string, value: string) => {
    const chosen = place.filters.some((f) => f.key === key && f.value === value);
    const rest = place.filters.filter((f) => (key === "tag" ? f.key !== key || f.value !== value : f.key !== key));
    change({ f: fOf(chosen ? rest : [...rest, { key, value }]) });
  };
  const group = (title: string, key: string, counts: FacetCount[], name: (c: FacetCount) => string = (c) => c.name ?? c.value) => (
    <Group title={title} chosen={place.filters.filter((f) => f.key === key)} counts={counts} name={name} onPress={(v) => press(key, v)} />
  );
  return (
    <section className="facets" aria-label={t("library.filter")}>
      {!found ? <p className="soft">{t("ui.loading")}</p> : !found.total ? <p className="soft">{t("library.facets_none")}</p> : (
        <>
          {group(t("library.facet_kind"), "kind", found.kinds, (c) => kindName(c.value))}
          {group(t("library.facet_tag"), "tag", found.tags)}
          {group(t("library.facet_year"), "taken", found.years)}
          {found.folders.length > 0 && <Group title={t("library.facet_folder")} chosen={[]} counts={found.folders} name={(c) => c.name ?? c.value} onPress={(v) => void go({ to: ".", search: (s: Record<string, string | undefined>) => ({ ...s, folder: v, deep: "1" }) })} />}
          {!found.total_is_exact && <p className="soft small facets-note">{t("library.facets_of", { n: found.of })}</p>}
        </>
      )}
    </section>
  );
}

function Group({ title, chosen, counts, name, onPress }: { title: string; chosen: Filter[]; counts: FacetCount[]; name(c: FacetCount): string; onPress(value: string): void }) {
  const [all, setAll] = useState(false);
  const isChosen = (v: string) => chosen.some((f) => f.value === v);
  const list = [...chosen.filter((f) => !counts.some((c) => c.value === f.value)).map((f) => ({ value: f.value, count: 0 }) as FacetCount), ...counts].sort((a, b) => Number(isChosen(b.value)) - Number(isChosen(a.value)));
  if (!list.length) return null;
  const id = `facet-${title}`;
  return (
    <div className="facet" role="group" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul>
        {(all ? list : list.slice(0, 6)).map((c) => (
          <li key={c.value}>
            <button type="button" className="facet-value" aria-pressed={isChosen(c.value)} onClick={() => onPress(c.value)}>
              <span className="tick">{isChosen(c.value) && <Check size={14} aria-hidden />}</span><bdi className="cut">{name(c)}</bdi> <span className="soft number">{number(c.count)}</span>
            </button>
          </li>
        ))}
      </ul>
      {list.length > 6 && <Button kind="quiet" className="small-text" aria-expanded={all} onPress={() => setAll(!all)}>{all ? t("library.fewer") : t("library.more_n", { n: list.length - 6 })}</Button>}
    </div>
  );
}
