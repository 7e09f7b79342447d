// SPDX-License-Identifier: Apache-2.0
// The library by month: the grid under a heading for each.

import { useMemo } from "react";
import { t, number } from "../i18n";
import { ErrorNote } from "../ui";
import { byOf, sectionsOf, useBars } from "./bars";
import { Cards, type GridProps } from "./Cards";
import type { Section } from "./layout";
import { nameOfBar, Rail } from "./Rail";

const heading = (s: Section) => (
  <h2>{nameOfBar(s.key)} <span className="soft"><span aria-hidden>{number(s.count)}</span><span className="hidden">{t("grid.assets_n", { n: s.count })}</span></span></h2>
);

/** Timeline shows a window by month: of capture with the sort captured, of upload with the sort newest. */
export function Timeline(props: GridProps) {
  const { window: w } = props;
  const by = byOf(w);
  const { bars, problem, retry } = useBars(w);
  const sections = useMemo(() => (bars && by && by !== "letter" ? sectionsOf(bars, w.total) : undefined), [bars, by, w.total]);
  if (problem) return <ErrorNote problem={problem} retry={retry} />;
  return <Cards {...props} {...(sections ? { sections, heading } : {})} waiting={!sections && !!by && by !== "letter" && w.total > 0} rail={(jump, first) => <Rail window={w} jump={jump} first={first} />} />;
}
