// SPDX-License-Identifier: Apache-2.0
// The title and the alt decision of one asset, by one key each.

import { useQuery } from "@tanstack/react-query";
import { asset as oneAsset } from "../../api/queries";
import { t } from "../../i18n";
import { Dialog, Failed, Loading } from "../../ui";
import { one } from "./acts";
import type { Chosen } from "./actions";
import { AssetForm } from "./AssetForm";

type Props = { chosen: Chosen; onClose(): void };

function Part({ chosen, onClose, title, parts }: Props & { title: string; parts: ("title" | "alt")[] }) {
  const id = one(chosen.selected) ?? chosen.assets[0]?.id ?? "";
  const a = useQuery(oneAsset(id));
  return (
    <Dialog open keep size="small" title={title} onClose={onClose}>
      {a.isError ? <Failed problem={a.error} retry={() => void a.refetch()} /> : !a.data ? <Loading /> : <AssetForm asset={a.data} parts={parts} autoFocus onSaved={onClose} />}
    </Dialog>
  );
}

/** Rename edits the title. */
export const Rename = (p: Props) => <Part {...p} title={t("library.act_title")} parts={["title"]} />;
/** AltText edits the alt decision. */
export const AltText = (p: Props) => <Part {...p} title={t("library.act_alt")} parts={["alt"]} />;
