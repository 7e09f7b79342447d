// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { Copy, ExternalLink } from "lucide-react";
import type { Link } from "../../api/gen";
import { date, t } from "../../i18n";
import { announce, Button, Dialog, TextField } from "../../ui";

/** copied puts a text where it can be pasted from; false when the browser does not let us. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    announce(t("links.copied"));
    return true;
  } catch {
    return false;
  }
}

/** Made shows a new link's address, to copy and to look at. */
export function Made({ link, onClose }: { link: Link; onClose(): void }) {
  const [said, setSaid] = useState("");
  const copy = async () => setSaid((await copied(link.url ?? "")) ? t("links.copied") : t("links.copy_by_hand"));
  return (
    <Dialog open title={t("links.made")} onClose={onClose} footer={<Button onPress={onClose}>{t("ui.close")}</Button>}>
      <TextField label={t("links.address")} value={link.url ?? ""} isReadOnly autoFocus />
      <p className="soft">{t("links.made_text", { day: date(link.expires_at) })}</p>
      <div className="row">
        <Button kind="main" onPress={() => void copy()}><Copy size={16} aria-hidden />{t("links.copy")}</Button>
        <a className="button plain" href={link.url} target="_blank" rel="noreferrer"><ExternalLink size={16} aria-hidden />{t("links.preview")}<span className="hidden"> {t("links.new_tab")}</span></a>
      </div>
      <p role="status">{said}</p>
    </Dialog>
  );
}
