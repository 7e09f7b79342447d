// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "react";
import { onAnnounce } from "./announce";

/** Announcer holds the live regions; one stands in the shell. The same sentence twice is said twice. */
export function Announcer() {
  const polite = useRef<HTMLDivElement>(null);
  const urgent = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      onAnnounce((text, now) => {
        const region = (now ? urgent : polite).current;
        if (!region) return;
        const line = document.createElement("p");
        line.textContent = text;
        region.replaceChildren(line);
      }),
    [],
  );
  return (
    <>
      <div ref={polite} className="hidden" role="status" aria-live="polite" />
      <div ref={urgent} className="hidden" role="alert" aria-live="assertive" />
    </>
  );
}
