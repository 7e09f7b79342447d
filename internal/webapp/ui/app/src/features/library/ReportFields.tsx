// SPDX-License-Identifier: Apache-2.0
// What a download has to say first: what for, and that terms are accepted. Asked only where a folder, a preset or the asset demands it.

import type { DownloadNeeds, DownloadReport, UsageChannel } from "../../api/gen";
import { language, t } from "../../i18n";
import { Checkbox, CheckboxGroup, Note, TextField } from "../../ui";

const channels: UsageChannel[] = ["web", "print", "social", "press", "internal", "other"];

/** enough reports whether a report says all that is needed. */
export const enough = (needs: DownloadNeeds, r: DownloadReport): boolean =>
  (!needs.report || (!!r.purpose?.trim() && !!r.channels?.length)) && needs.terms.every((x) => r.accepted?.includes(x.id));

/** ReportFields asks for it. */
export function ReportFields({ needs, value, onChange }: { needs: DownloadNeeds; value: DownloadReport; onChange(r: DownloadReport): void }) {
  const set = (c: Partial<DownloadReport>) => onChange({ ...value, ...c });
  return (
    <fieldset className="stack">
      <legend className="label">{t("library.report")}</legend>
      {needs.report && (
        <>
          <p className="soft small">{t("library.report_text")}</p>
          <TextField label={t("library.report_purpose")} value={value.purpose ?? ""} onChange={(purpose) => set({ purpose })} isRequired maxLength={200} />
          <CheckboxGroup label={t("library.report_where")} value={value.channels ?? []} onChange={(c) => set({ channels: c as UsageChannel[] })} isRequired>
            {channels.map((c) => <Checkbox key={c} value={c}>{t(`library.channel_${c}`)}</Checkbox>)}
          </CheckboxGroup>
          <TextField label={t("library.report_place")} value={value.place ?? ""} onChange={(place) => set({ place })} maxLength={200} />
          <TextField label={t("library.report_until")} type="date" value={value.until ?? ""} onChange={(until) => set({ until })} />
        </>
      )}
      {needs.terms.map((x) => {
        const accepted = !!value.accepted?.includes(x.id);
        return (
          <Note key={x.id}>
            <p className="terms-text"><bdi>{x.texts[language] ?? x.texts[""] ?? Object.values(x.texts)[0]}</bdi></p>
            <Checkbox isSelected={accepted} onChange={(on) => set({ accepted: on ? [...(value.accepted ?? []), x.id] : (value.accepted ?? []).filter((id) => id !== x.id) })}>{t("library.accept_terms")}</Checkbox>
          </Note>
        );
      })}
    </fieldset>
  );
}
