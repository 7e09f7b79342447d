// SPDX-License-Identifier: Apache-2.0
// The address of an upload request, which is told once.

import { t } from "../../i18n";
import { announce, Button, Dialog, Note, TextField } from "../../ui";

/** Address shows a request's address to be copied. */
export function Address({ title, url, onClose }: { title: string; url: string; onClose(): void }) {
  const copy = async () => {
    await navigator.clipboard.writeText(url);
    announce(t("requests.copied"));
  };
  return (
    <Dialog title={t("requests.address_of", { title })} open onClose={onClose} keep footer={<><Button onPress={onClose}>{t("ui.close")}</Button><Button kind="main" onPress={() => void copy()}>{t("requests.copy")}</Button></>}>
      <TextField label={t("requests.address")} value={url} isReadOnly autoFocus onFocus={(e) => (e.target as HTMLInputElement).select()} />
      <Note>{t("requests.address_once")}</Note>
    </Dialog>
  );
}
