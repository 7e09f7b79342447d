// SPDX-License-Identifier: Apache-2.0
// With which people and groups a collection is shared by name.

import { useEffect, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import type { Collection, Principal } from "../../api/gen";
import { t } from "../../i18n";
import { Button, Dialog, ErrorNote, Failed, IconButton, Loading, PeoplePicker, Select, toast } from "../../ui";
import { share, shares } from "./api";

type Line = { principal: Principal; level: string };

/** ShareCollection lets its owner say who sees it. */
export function ShareCollection({ of, onClose }: { of: Collection; onClose(): void }) {
  const now = useQuery(shares(of.id));
  const [list, setList] = useState<Line[]>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  useEffect(() => setList((was) => was ?? now.data?.items), [now.data]);
  const save = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await share(of.id, (list ?? []).map((l) => ({ principal: l.principal.id, level: l.level as "view" })));
      toast(t("collections.share_done"));
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  return (
    <Dialog open keep title={t("collections.share_title", { name: of.name })} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" isPending={busy} isDisabled={!list} onPress={() => void save()}>{t("ui.save")}</Button>
      </>
    }>
      <div className="stack">
        {problem !== undefined && <ErrorNote problem={problem} />}
        <p className="soft">{t("collections.no_rights")}</p>
        {now.isError ? <Failed problem={now.error} retry={() => void now.refetch()} /> : !list ? <Loading /> : (
          <>
            <PeoplePicker label={t("collections.share_with")} not={list.map((l) => l.principal.id)} onPick={(p) => setList([...list, { principal: p, level: "view" }])} />
            <ul className="stack">
              {list.map((l) => (
                <li key={l.principal.id} className="row spread">
                  <bdi>{l.principal.name}</bdi>
                  <span className="row">
                    <Select compact label={t("collections.may", { name: l.principal.name })} choices={[{ id: "view", label: t("collections.level_view") }, { id: "contribute", label: t("collections.level_contribute") }]} selectedKey={l.level} onSelectionChange={(k) => setList(list.map((x) => (x === l ? { ...l, level: String(k) } : x)))} />
                    <IconButton label={t("collections.unshare", { name: l.principal.name })} onPress={() => setList(list.filter((x) => x !== l))}><X size={16} aria-hidden /></IconButton>
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Dialog>
  );
}
