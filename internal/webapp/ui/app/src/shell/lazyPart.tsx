// SPDX-License-Identifier: Apache-2.0
import { lazy, type ComponentType } from "react";
import { loadMessages, t, type Feature } from "../i18n";
import { later, toast, useLater } from "../ui";

/** lazyPart is a part of a screen whose code and words come when it is first shown. Stand a Suspense around it. */
export function lazyPart<P extends object>(features: Feature[], load: () => Promise<Record<string, unknown>>, name: string): ComponentType<P> {
  return lazy(async () => {
    const [all] = await Promise.all([load(), loadMessages(...features)]);
    return { default: all[name] as ComponentType<P> };
  }) as unknown as ComponentType<P>;
}

/** lazyDialog is a dialog whose code and words come when it is first opened; nothing else waits for it. When they cannot
 * be had it is told, the dialog is closed, and the next try fetches again. */
export function lazyDialog<P extends { onClose?(): void }>(features: Feature[], load: () => Promise<Record<string, unknown>>, name: string): ComponentType<P> & { fetch(): void } {
  const part = later(async () => (await Promise.all([load(), loadMessages(...features)]))[0][name] as ComponentType<P>);
  function Dialog(props: P) {
    const Real = useLater(part, true, () => {
      toast(t("ui.offline"), { kind: "bad" });
      props.onClose?.();
    });
    return Real ? <Real {...props} /> : null;
  }
  return Object.assign(Dialog, { fetch: () => void part.get().catch(() => undefined) });
}
