// SPDX-License-Identifier: Apache-2.0
// What a person prefers on this machine.

import { t } from "../../i18n";
import { Page, RadioGroup, Slider, Switch } from "../../ui";
import { setPreferences, usePreferences, type Preferences } from "../../shell/preferences";

export function PreferencesScreen() {
  const now = usePreferences();
  return (
    <Page title={t("shell.preferences")} lead={t("shell.preferences_lead")}>
      <div className="stack card">
        <RadioGroup label={t("shell.theme")} value={now.theme} onChange={(theme) => setPreferences({ theme: theme as Preferences["theme"] })} choices={(["system", "light", "dark"] as const).map((id) => ({ id, label: t(`shell.theme_${id}`) }))} />
        <RadioGroup label={t("shell.density")} value={now.density} onChange={(density) => setPreferences({ density: density as Preferences["density"] })} choices={(["comfortable", "compact"] as const).map((id) => ({ id, label: t(`shell.density_${id}`) }))} />
        <Slider label={t("shell.thumb")} minValue={140} maxValue={320} step={20} value={now.thumb} onChange={(v) => setPreferences({ thumb: v as number })} />
        <Switch isSelected={now.keys} onChange={(keys) => setPreferences({ keys })}>{t("shell.single_keys")}</Switch>
      </div>
    </Page>
  );
}
