// SPDX-License-Identifier: Apache-2.0
// What somebody has typed and not saved, kept through reloads, ended sign-ins and lost connections, in this window only.

import { useCallback, useEffect, useState } from "react";

/** Draft is what was changed, with what stood there when it was begun. */
export type Draft = { version: number; now: Record<string, unknown>; was: Record<string, unknown> };

const read = (key: string): Draft | undefined => {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "") as Draft;
  } catch {
    return undefined;
  }
};

/** useDraft keeps a form's changes under a name; change(name, undefined) takes one back. */
export function useDraft(key: string, version: number) {
  const [draft, setDraft] = useState<Draft>(() => read(key) ?? { version, now: {}, was: {} });
  useEffect(() => setDraft(read(key) ?? { version, now: {}, was: {} }), [key]); // eslint-disable-line react-hooks/exhaustive-deps -- a new form, not a new version
  const keep = useCallback(
    (d: Draft) => {
      setDraft(d);
      try {
        if (Object.keys(d.now).length) sessionStorage.setItem(key, JSON.stringify(d));
        else sessionStorage.removeItem(key);
      } catch {
        // a full or forbidden store: the form still has it
      }
    },
    [key],
  );
  const dirty = Object.keys(draft.now).length > 0;
  useEffect(() => {
    if (!dirty) return;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [dirty]);
  return {
    draft,
    dirty,
    keep,
    /** the version that a first change is made to */
    change(name: string, value: unknown, before: unknown) {
      const base = dirty ? draft : { version, now: {}, was: {} };
      const now = { ...base.now }, was = { ...base.was };
      const first = name in was ? was[name] : before;
      if (JSON.stringify(value) === JSON.stringify(first)) {
        delete now[name];
        delete was[name];
      } else {
        now[name] = value;
        was[name] = first;
      }
      keep({ version: base.version, now, was });
    },
    clear: () => keep({ version, now: {}, was: {} }),
  };
}
