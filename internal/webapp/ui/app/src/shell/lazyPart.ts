// SPDX-License-Identifier: Apache-2.0
import { lazy, type ComponentType } from "react";
import { loadMessages, type Feature } from "../i18n";

/** lazyPart is a part of a screen whose code and words come when it is first shown. Stand a Suspense around it. */
export function lazyPart<P extends object>(features: Feature[], load: () => Promise<Record<string, unknown>>, name: string): ComponentType<P> {
  return lazy(async () => {
    const [all] = await Promise.all([load(), loadMessages(...features)]);
    return { default: all[name] as ComponentType<P> };
  }) as unknown as ComponentType<P>;
}
