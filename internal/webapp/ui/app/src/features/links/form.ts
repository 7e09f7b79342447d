// SPDX-License-Identifier: Apache-2.0
// What the dialog of a share link holds, and what of it is sent.

import type { Link, LinkChange, NewLink, Preset } from "../../api/gen";
import { has, language, t } from "../../i18n";

/** LinkForm is what is typed and chosen. */
export type LinkForm = {
  mode: Link["mode"];
  title: string;
  message: string;
  language: string;
  until: string;
  formats: string[];
  watermark: string;
  most: string;
  viewPassword: string;
  downloadPassword: string;
  dropView: boolean;
  dropDownload: boolean;
  subtree: boolean;
};

/** dayIn is the day so many days from now, as fields of dates have it. */
export const dayIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** fresh is a new link's form. */
export const fresh = (title: string, days: number): LinkForm => ({
  mode: "delivery", title, message: "", language, until: dayIn(days), formats: ["original"], watermark: "", most: "", viewPassword: "", downloadPassword: "", dropView: false, dropDownload: false, subtree: true,
});

/** formOf is the form of a link that is there. */
export const formOf = (l: Link): LinkForm => ({
  mode: l.mode, title: l.title, message: l.message, language: l.language, until: l.expires_at.slice(0, 10), formats: l.formats, watermark: l.watermark, most: l.max_downloads ? String(l.max_downloads) : "",
  viewPassword: "", downloadPassword: "", dropView: false, dropDownload: false, subtree: l.target.subtree ?? false,
});

/** endOf is the last moment of a day where one is, but never more than a year away. */
const endOf = (day: string): string => {
  const end = new Date(day + "T23:59:59").getTime();
  return new Date(Math.min(end, Date.now() + 364.99 * 86_400_000)).toISOString();
};

/** newLink is what makes a link. */
export const newLink = (f: LinkForm, target: NewLink["target"]): NewLink => ({
  target: target.folder ? { ...target, subtree: f.subtree } : target,
  mode: f.mode, title: f.title, message: f.message, language: f.language, expires_at: endOf(f.until), formats: f.formats, watermark: f.watermark,
  ...(f.most ? { max_downloads: Number(f.most) } : {}),
  ...(f.viewPassword ? { view_password: f.viewPassword } : {}),
  ...(f.downloadPassword ? { download_password: f.downloadPassword } : {}),
});

/** changeOf is what changes a link: only what is another than before. */
export function changeOf(f: LinkForm, l: Link): LinkChange {
  const was = formOf(l);
  return {
    title: f.title,
    ...(f.message !== was.message ? { message: f.message } : {}),
    ...(f.language !== was.language ? { language: f.language } : {}),
    ...(f.until !== was.until ? { expires_at: endOf(f.until) } : {}),
    ...(f.formats.join() !== was.formats.join() ? { formats: f.formats } : {}),
    ...(f.watermark !== was.watermark ? { watermark: f.watermark } : {}),
    ...(f.most !== was.most ? { max_downloads: Number(f.most || 0) } : {}),
    ...(f.dropView ? { view_password: "" } : f.viewPassword ? { view_password: f.viewPassword } : {}),
    ...(f.dropDownload ? { download_password: "" } : f.downloadPassword ? { download_password: f.downloadPassword } : {}),
  };
}

/** presetName is what a format is called. */
export const presetName = (p: Preset): string =>
  p.label[language] ?? (has(`terms.preset_${p.name}`) ? t(`terms.preset_${p.name}` as "terms.preset_large") : (Object.values(p.label)[0] ?? p.name));
