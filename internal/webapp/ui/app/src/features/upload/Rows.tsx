// SPDX-License-Identifier: Apache-2.0
// The files that wait or are done: as many as were dropped, of which only those in sight stand in the page.

import { useEffect, useState, type RefObject } from "react";
import { Link } from "@tanstack/react-router";
import { CircleCheck, Clock, X } from "lucide-react";
import { bytes, t } from "../../i18n";
import { IconButton } from "../../ui";
import { uploads, type Item } from "./queue";

const height = 56; // of a row, as upload.css has it
const spare = 8;

/** Rows draws what is in sight of the box that scrolls. Each row says which of how many it is. */
export function Rows({ items, box }: { items: Item[]; box: RefObject<HTMLElement | null> }) {
  const [list, setList] = useState<HTMLElement | null>(null);
  const [span, setSpan] = useState<[number, number]>([0, 24]);
  useEffect(() => {
    const outer = box.current;
    if (!list || !outer) return;
    const look = () => {
      const above = outer.getBoundingClientRect().top - list.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(above / height) - spare), to = Math.ceil((above + outer.clientHeight) / height) + spare;
      setSpan((was) => (was[0] === from && was[1] === to ? was : [from, to]));
    };
    look();
    outer.addEventListener("scroll", look, { passive: true });
    const size = new ResizeObserver(look);
    size.observe(outer);
    return () => {
      outer.removeEventListener("scroll", look);
      size.disconnect();
    };
  }, [list, box]);
  const from = Math.min(span[0], Math.max(0, items.length - 1)), to = Math.min(items.length, span[1]);
  return (
    <ul ref={setList} className="upload-rest" style={{ blockSize: items.length * height }}>
      {items.slice(from, to).map((i, k) => <Line key={i.key} item={i} at={from + k} of={items.length} />)}
    </ul>
  );
}

function Line({ item, at, of }: { item: Item; at: number; of: number }) {
  const name = item.file.name;
  const Icon = item.state === "waiting" ? Clock : CircleCheck;
  return (
    <li className="upload" data-state={item.state} aria-posinset={at + 1} aria-setsize={of} style={{ insetBlockStart: at * height, blockSize: height }}>
      <Icon size={16} aria-hidden />
      <div className="upload-what">
        <p className="cut" title={name}><bdi>{item.asset ? <Link to={`/assets/${item.asset}`}>{name}</Link> : name}</bdi></p>
        <p className="small soft cut">{bytes(item.file.size)} · {t(`upload.state_${item.state}`)}</p>
      </div>
      <div className="upload-do">{item.state === "waiting" && <IconButton label={t("upload.stop", { name })} onPress={() => void uploads.stop(item)}><X size={16} aria-hidden /></IconButton>}</div>
    </li>
  );
}
