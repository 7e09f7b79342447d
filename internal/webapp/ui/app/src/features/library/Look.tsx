// SPDX-License-Identifier: Apache-2.0
import { t } from "../../i18n";
import { setPreferences, usePreferences } from "../../shell/preferences";
import { RadioGroup, Slider } from "../../ui";

/** Look is how the list looks: the size of its pictures, and how close together they stand. */
export function Look() {
  const prefs = usePreferences();
  return (
    <>
      <Slider label={t("library.thumb")} minValue={140} maxValue={320} step={20} value={prefs.thumb} onChange={(thumb) => setPreferences({ thumb: thumb as number })} />
      <RadioGroup label={t("library.density")} value={prefs.density} onChange={(d) => setPreferences({ density: d as "compact" })} choices={[{ id: "comfortable", label: t("library.density_comfortable") }, { id: "compact", label: t("library.density_compact") }]} />
    </>
  );
}
