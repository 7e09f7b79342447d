// SPDX-License-Identifier: Apache-2.0
// What a person prefers, kept with their account: it follows them to other browsers.

import { get, put } from "../api/client";
import type { GetPreferencesData, GetPreferencesResponse, Preferences as Kept, SetPreferencesData } from "../api/gen";

/** ownPreferences asks for what is kept. */
export const ownPreferences = () => get<GetPreferencesData, GetPreferencesResponse>("/api/v1/session/preferences", { asIs: true });

/** keepPreferences keeps some and leaves the others as they are. */
export async function keepPreferences(change: { [K in keyof Kept]?: Kept[K] | undefined }): Promise<void> {
  const next: Record<string, unknown> = { ...(await ownPreferences()), ...change };
  for (const k of Object.keys(next)) if (next[k] === undefined) delete next[k];
  await put<SetPreferencesData>("/api/v1/session/preferences", { body: next as Kept });
}
