// SPDX-License-Identifier: Apache-2.0
// The library.

import { t } from "../../i18n";
import { Page } from "../../ui";

export function LibraryScreen() {
  return <Page title={t("library.title")}><p /></Page>;
}
