// SPDX-License-Identifier: Apache-2.0
import { t } from "../../i18n";

/** folderName is what a folder is called: the top is the library, the inbox has a name in each language. */
export const folderName = (f: { name: string; purpose?: string | undefined; parent?: string | undefined }): string => (f.purpose === "root" ? t("library.root") : f.purpose === "inbox" && f.name === "Inbox" ? t("library.inbox") : f.name);
