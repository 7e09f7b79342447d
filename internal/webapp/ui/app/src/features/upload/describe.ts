// SPDX-License-Identifier: Apache-2.0
// Fields that are filled once for everything that is being uploaded. They are written by a bulk job: now for what is
// stored already, and again for what is stored later.

import { post } from "../../api/client";
import type { FieldAct, StartBulkData, StartBulkResponse } from "../../api/gen";
import { language } from "../../i18n";

export type Described = { keywords: string[]; description: string; creator: string; credit: string; copyright: string };
export const nothing: Described = { keywords: [], description: "", creator: "", credit: "", copyright: "" };

class FieldsForAll {
  private assets: string[] = [];
  private fields: Described | undefined;
  private later = 0;
  onFailed: (e: unknown) => void = () => {};

  /** stored tells of new assets. */
  stored(assets: string[]) {
    this.assets.push(...assets);
    if (!this.fields) return;
    window.clearTimeout(this.later);
    this.later = window.setTimeout(() => void this.write(), 1500);
  }

  /** set fills the fields of all, of this round of uploads. */
  async set(fields: Described, all: string[]) {
    this.fields = fields;
    this.assets = all;
    await this.write();
  }

  /** forget ends the round. */
  forget() {
    this.fields = undefined;
    this.assets = [];
  }

  private async write() {
    const f = this.fields;
    const ids = this.assets.splice(0, 1000);
    if (!f || !ids.length) return;
    const fields: Record<string, FieldAct> = {};
    if (f.keywords.length) fields["keywords"] = { do: "add", values: f.keywords };
    if (f.creator.trim()) fields["creator"] = { do: "set", values: [f.creator.trim()] };
    if (f.credit.trim()) fields["credit"] = { do: "set", value: f.credit.trim() };
    for (const name of ["description", "copyright"] as const) if (f[name].trim()) fields[name] = { do: "set", lang: { [language]: f[name].trim() } };
    if (!Object.keys(fields).length) return;
    try {
      await post<StartBulkData, StartBulkResponse>("/api/v1/bulk", { body: { selection: { ids }, change: { fields } } });
    } catch (e) {
      this.assets.unshift(...ids);
      this.onFailed(e);
      throw e;
    }
    if (this.assets.length) await this.write();
  }
}

export const fieldsForAll = new FieldsForAll();
