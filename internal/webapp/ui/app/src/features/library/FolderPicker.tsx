// SPDX-License-Identifier: Apache-2.0
// Chooses a folder by going into it: a list at a time, which works alike by mouse, keyboard and screen reader.

import { useEffect, useRef, useState, type FormEvent } from "react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronRight, Folder as FolderIcon, FolderPlus } from "lucide-react";
import { get, post } from "../../api/client";
import type { CreateFolderData, CreateFolderResponse, Folder, ListFoldersData, ListFoldersResponse, Permission } from "../../api/gen";
import { t } from "../../i18n";
import { announce, Button, Dialog, ErrorNote, Form, Loading, TextField } from "../../ui";

type Props = { title: string; open: boolean; permission: Permission; action: string; onPick(id: string, name: string): void; onClose(): void };

/** FolderPicker asks for a folder where the permission holds. A new folder can be made on the way. */
export function FolderPicker({ title, open, permission, action, onPick, onClose }: Props) {
  const [trail, setTrail] = useState<Folder[]>([]);
  const [making, setMaking] = useState(false);
  const heading = useRef<HTMLParagraphElement>(null);
  const at = trail.at(-1);
  const list = useInfiniteQuery({
    queryKey: ["folders", at?.id ?? "", "picker"],
    enabled: open,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => get<ListFoldersData, ListFoldersResponse>("/api/v1/folders", { query: { parent: at?.id, cursor: pageParam, limit: 200 }, signal }),
    getNextPageParam: (p) => p.next,
  });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  useEffect(() => {
    if (open && !trail.length && rows.length === 1) setTrail([rows[0]!]); // the root has no neighbours
  }, [open, trail.length, rows]);
  useEffect(() => {
    if (!open) {
      setTrail([]);
      setMaking(false);
    }
  }, [open]);
  const go = (to: Folder[]) => {
    setTrail(to);
    setMaking(false);
    heading.current?.focus();
    announce(to.at(-1)?.name ?? "");
  };
  const may = !!at?.permissions.includes(permission);
  return (
    <Dialog title={title} open={open} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" isDisabled={!may} onPress={() => at && onPick(at.id, at.name)}>{action}</Button>
      </>
    }>
      <nav aria-label={t("folders.where")} className="crumbs"><ol>{trail.map((f, i) => <li key={f.id}>{i < trail.length - 1 ? <Button kind="quiet" onPress={() => go(trail.slice(0, i + 1))}><bdi>{f.name}</bdi></Button> : <span aria-current="location"><bdi>{f.name}</bdi></span>}</li>)}</ol></nav>
      <p ref={heading} tabIndex={-1} className={may ? "hidden" : "soft"}>{at && !may ? t("folders.not_here") : at?.name}</p>
      {list.isError && <ErrorNote problem={list.error} retry={() => void list.refetch()} />}
      {list.isPending ? <Loading /> : (
        <ul className="picker" aria-label={t("folders.below")}>
          {(trail.length ? rows : []).map((f) => (
            <li key={f.id}><button type="button" className="option" onClick={() => go([...trail, f])}><span className="tick"><FolderIcon size={16} aria-hidden /></span><bdi>{f.name}</bdi><ChevronRight size={16} aria-hidden className="end" /></button></li>
          ))}
          {trail.length > 0 && !rows.length && <li className="soft pad">{t("folders.none_below")}</li>}
          {list.hasNextPage && <li><Button onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>{t("ui.more")}</Button></li>}
        </ul>
      )}
      {at?.permissions.includes("folder.manage") && (making ? <NewFolder parent={at.id} onMade={(f) => go([...trail, f])} onCancel={() => setMaking(false)} /> : <Button onPress={() => setMaking(true)}><FolderPlus size={16} aria-hidden />{t("folders.new")}</Button>)}
    </Dialog>
  );
}

/** NewFolder makes a folder in another. */
export function NewFolder({ parent, onMade, onCancel }: { parent: string; onMade(f: Folder): void; onCancel(): void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const make = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const made = await post<CreateFolderData, CreateFolderResponse>("/api/v1/folders", { body: { parent, name } });
      void client.invalidateQueries({ queryKey: ["folders"] });
      onMade(made);
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Form className="stack card" onSubmit={(e) => void make(e)}>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <TextField label={t("folders.name")} value={name} onChange={setName} isRequired autoFocus maxLength={200} />
      <div className="row"><Button type="submit" kind="main" isPending={busy}>{t("folders.make")}</Button><Button onPress={onCancel}>{t("ui.cancel")}</Button></div>
    </Form>
  );
}
