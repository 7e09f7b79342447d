// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "react";
import { onAnnounce } from "./announce";

/** stays is how long a sentence can be found again in its region; screen readers say it when it comes. */
const stays = 10_000;
const most = 20;
/** stutter is within which the same sentence is one: two parts of a screen told of one thing. */
const stutter = 700;

/** Announcer holds the live regions; one stands in the shell. Each sentence is a line of its own, so that what is told by
 * several at once is all said, one after the other; the same sentence twice is said twice. */
export function Announcer() {
  const polite = useRef<HTMLDivElement>(null);
  const urgent = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      onAnnounce((text, now) => {
        const region = (now ? urgent : polite).current;
        if (!region) return;
        const last = region.lastElementChild as HTMLElement | null;
        if (last?.textContent === text && performance.now() - Number(last.dataset.at) < stutter) return;
        const line = document.createElement("p");
        line.textContent = text;
        line.dataset.at = String(performance.now());
        region.append(line);
        while (region.childElementCount > most) region.firstElementChild!.remove();
        setTimeout(() => line.remove(), stays);
      }),
    [],
  );
  return (
    <>
      <div ref={polite} className="hidden" role="status" aria-live="polite" aria-atomic="false" aria-relevant="additions" />
      <div ref={urgent} className="hidden" role="alert" aria-live="assertive" aria-atomic="false" aria-relevant="additions" />
    </>
  );
}
