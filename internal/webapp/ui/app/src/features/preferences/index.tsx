// SPDX-License-Identifier: Apache-2.0
// What a person prefers: kept with the account, and in this browser so that the first paint knows it.

import { useEffect, useState } from "react";
import { Link } from "@tanstack/react-router";
import { languages, t, type Language } from "../../i18n";
import { Note, Page, RadioGroup, Select, Slider, Switch } from "../../ui";
import { keepPreferences, ownPreferences } from "../../shell/ownPreferences";
import { setPreferences, usePreferences, type Preferences } from "../../shell/preferences";

/** PreferencesScreen chooses language, theme, density and keys. */
export function PreferencesScreen() {
  const now = usePreferences();
  const [chosen, setChosen] = useState<string>();
  const [lost, setLost] = useState(false);
  useEffect(() => {
    void ownPreferences().then((p) => setChosen(p.language ?? "browser"), () => setChosen("browser"));
  }, []);
  const keep = (change: Parameters<typeof keepPreferences>[0]) => keepPreferences(change).then(() => setLost(false), () => setLost(true));
  const choose = (change: Partial<Preferences>) => {
    setPreferences(change);
    const { theme, density, keys } = { ...now, ...change };
    void keep({ theme: theme === "system" ? undefined : theme, density, single_keys: keys });
  };
  const speak = async (id: string) => {
    setChosen(id);
    await keep({ language: id === "browser" ? undefined : (id as Language) });
    // The server writes the language into the page.
    const form = new URLSearchParams({ language: id === "browser" ? "" : id, to: "/preferences" });
    await fetch("/language", { method: "POST", body: form, credentials: "same-origin", redirect: "manual" });
    location.reload();
  };
  return (
    <Page title={t("shell.preferences")} lead={t("shell.preferences_lead")}>
      <div className="stack card">
        {lost && <Note kind="warn"><p>{t("shell.not_kept")}</p></Note>}
        <Select label={t("shell.language")} help={t("shell.language_help")} value={chosen ?? "browser"} isDisabled={!chosen} onChange={(id) => void speak(String(id))} choices={[{ id: "browser", label: t("shell.language_browser") }, ...(Object.keys(languages) as Language[]).map((id) => ({ id, label: languages[id] }))]} />
        <RadioGroup label={t("shell.theme")} value={now.theme} onChange={(theme) => choose({ theme: theme as Preferences["theme"] })} choices={(["system", "light", "dark"] as const).map((id) => ({ id, label: t(`shell.theme_${id}`) }))} />
        <RadioGroup label={t("shell.density")} value={now.density} onChange={(density) => choose({ density: density as Preferences["density"] })} choices={(["comfortable", "compact"] as const).map((id) => ({ id, label: t(`shell.density_${id}`) }))} />
        <Slider label={t("shell.thumb")} minValue={140} maxValue={320} step={20} value={now.thumb} onChange={(v) => setPreferences({ thumb: v as number })} />
        <Switch isSelected={now.keys} onChange={(keys) => choose({ keys })}>{t("shell.single_keys")}</Switch>
        <p><Link to="/notices/preferences">{t("shell.notices_choose")}</Link></p>
      </div>
    </Page>
  );
}
