// SPDX-License-Identifier: Apache-2.0
// The jobs that are followed in this window.

import { useSyncExternalStore } from "react";
import type { Bulk } from "../../api/gen";

/** Work is one job that is followed: what it does in words, and how far it has come. */
export type Work = { job: Bulk; label: string; /** says what was done to n assets */ done?: ((n: number) => string) | undefined; moves: boolean; undoable: boolean; offline?: boolean };

let works: Work[] = [];
/** followed are those jobs. */
export const followed = (): Work[] => works;
const listeners = new Set<() => void>();
const tell = (next: Work[]) => {
  works = next;
  for (const l of listeners) l();
};
/** put begins to follow a job, or tells how far it is. */
export const put = (w: Work) => tell([...works.filter((x) => x.job.id !== w.job.id), w]);

/** dismiss takes a job out of sight; it goes on. */
export const dismiss = (id: string): void => tell(works.filter((w) => w.job.id !== id));

/** useWorks are the jobs that are followed. */
export const useWorks = (): Work[] => useSyncExternalStore((l) => (listeners.add(l), () => void listeners.delete(l)), () => works);
