// SPDX-License-Identifier: Apache-2.0
// The parts of administration, in the order of their menu. Those of other features have screens of their own.

import { lazy, type ComponentType } from "react";
import type { Permission } from "../../api/gen";
import type { PlainKey } from "../../i18n";
import { lazyPart } from "../../shell/lazyPart";

export type Part = { part: string; label: PlainKey; lead: PlainKey; /** whoever has one of them may; absent: everybody */ needs?: Permission[]; screen: ComponentType<{ id?: string | undefined }> };

const part = <K extends string>(load: () => Promise<Record<K, ComponentType<{ id?: string | undefined }>>>, name: K) => lazy(async () => ({ default: (await load())[name] }));

const organisation = (name: string) => lazyPart<{ id?: string | undefined }>(["organisation", "terms"], () => import("../organisation"), name);

/** parts that there are. Folder rights are given by whoever looks after a folder, so everybody may try. */
export const parts: Part[] = [
  { part: "people", label: "admin.people", lead: "admin.people_lead", needs: ["account.manage"], screen: part(() => import("./people"), "People") },
  { part: "groups", label: "admin.groups", lead: "admin.groups_lead", needs: ["account.manage"], screen: part(() => import("./groups"), "Groups") },
  { part: "roles", label: "admin.roles", lead: "admin.roles_lead", needs: ["role.manage"], screen: part(() => import("./roles"), "Roles") },
  { part: "rights", label: "admin.rights", lead: "admin.rights_lead", screen: part(() => import("./rights"), "Rights") },
  { part: "keys", label: "admin.keys", lead: "admin.keys_lead", screen: part(() => import("./keys"), "Keys") },
  { part: "usage", label: "admin.usage", lead: "admin.usage_lead", needs: ["asset.history"], screen: lazyPart(["usage", "terms"], () => import("../usage"), "UsageReports") },
  { part: "storage", label: "admin.storage", lead: "admin.storage_lead", needs: ["operate"], screen: part(() => import("./storage"), "Storage") },
  { part: "jobs", label: "admin.jobs", lead: "admin.jobs_lead", needs: ["operate"], screen: part(() => import("./jobs"), "Jobs") },
  { part: "audit", label: "admin.audit", lead: "admin.audit_lead", needs: ["audit.read"], screen: part(() => import("./audit"), "Audit") },
  { part: "settings", label: "admin.settings", lead: "admin.settings_lead", needs: ["settings.manage", "security.manage"], screen: organisation("Settings") },
  { part: "contacts", label: "admin.contacts", lead: "admin.contacts_lead", screen: organisation("Contacts") },
  { part: "statistics", label: "admin.statistics", lead: "admin.statistics_lead", needs: ["settings.manage", "operate"], screen: organisation("Statistics") },
];
