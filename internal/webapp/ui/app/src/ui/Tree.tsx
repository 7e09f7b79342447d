// SPDX-License-Identifier: Apache-2.0
// A tree whose branches come when they are opened: folders, terms of a taxonomy.

import type { ReactNode } from "react";
import { Button as RACButton, Collection, Tree as RACTree, TreeItem, TreeItemContent, useDragAndDrop, type Key } from "react-aria-components";
import { ChevronRight, GripVertical } from "lucide-react";
import { t } from "../i18n";

/** Branch is one thing in a tree. children: undefined while they are not known. */
export type Branch = { id: string; label: string; icon?: ReactNode; hasChildren: boolean; children?: Branch[]; end?: ReactNode; menu?: ReactNode; drags?: boolean };

/** TreeDrop says what may be dragged onto branches: the types of what is dragged, and what is done with it. Stand a dialog beside it. */
export type TreeDrop = { types: string[]; ownType?: string; mayDrop?(onto: string): boolean; onDrop(onto: string, type: string, text: string): void };

type Props = { label: string; branches: Branch[]; expanded: Set<string>; onExpanded(ids: Set<string>): void; selected?: string | undefined; onSelect(id: string): void; drop?: TreeDrop };

/** Tree lists branches; arrows open and close them, Enter chooses one, letters find by name. */
export function TreeView({ label, branches, expanded, onExpanded, selected, onSelect, drop }: Props) {
  const labels = new Map<string, Branch>();
  const note = (b: Branch) => (labels.set(b.id, b), b.children?.forEach(note));
  branches.forEach(note);
  const { dragAndDropHooks } = useDragAndDrop({
    isDisabled: !drop,
    acceptedDragTypes: drop?.types ?? [],
    getItems: (keys) => [...keys].filter((k) => drop?.ownType && labels.get(String(k))?.drags).map((k) => ({ [drop!.ownType!]: String(k), "text/plain": labels.get(String(k))!.label })),
    getDropOperation: (target) => (target.type === "item" && target.dropPosition === "on" && (drop?.mayDrop?.(String(target.key)) ?? true) ? "move" : "cancel"),
    onItemDrop: (e) => {
      for (const i of e.items) {
        if (i.kind !== "text") continue;
        const type = drop?.types.find((x) => i.types.has(x));
        if (type) void i.getText(type).then((text) => drop!.onDrop(String(e.target.key), type, text));
      }
    },
  });
  return (
    <RACTree
      aria-label={label} className="tree" items={branches} dependencies={[labels]} selectionMode="single" selectionBehavior="toggle" disallowEmptySelection
      selectedKeys={selected ? [selected] : []} onSelectionChange={(k) => { const id = k === "all" ? undefined : [...k][0]; if (id !== undefined) onSelect(String(id)); }}
      expandedKeys={expanded} onExpandedChange={(k: Set<Key>) => onExpanded(new Set([...k].map(String)))} {...(drop ? { dragAndDropHooks } : {})}
    >
      {(b) => <Item branch={b} drags={!!drop} />}
    </RACTree>
  );
}

function Item({ branch: b, drags }: { branch: Branch; drags: boolean }) {
  return (
    <TreeItem id={b.id} textValue={b.label} hasChildItems={b.hasChildren} className="branch">
      <TreeItemContent>
        {({ hasChildItems }) => (
          <>
            {drags && <RACButton slot="drag" className="grip"><GripVertical size={16} aria-hidden /></RACButton>}
            {hasChildItems ? <RACButton slot="chevron" className="chevron"><ChevronRight size={16} aria-hidden /></RACButton> : <span className="chevron" />}
            {b.icon}
            <bdi className="cut branch-label" title={b.label}>{b.label}</bdi>
            {b.end}
            {b.menu}
          </>
        )}
      </TreeItemContent>
      <Collection items={b.children ?? (b.hasChildren ? [{ id: b.id + "/loading", label: t("ui.loading"), hasChildren: false }] : [])}>{(c: Branch) => <Item branch={c} drags={drags} />}</Collection>
    </TreeItem>
  );
}
