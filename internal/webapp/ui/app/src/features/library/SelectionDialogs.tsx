// SPDX-License-Identifier: Apache-2.0
// The dialogs behind the actions of the selection. They come when one is opened.
export { BulkEdit } from "./BulkEdit";
export { Owner } from "./Owner";
export { Download } from "./DownloadDialog";
export { AltText, Rename } from "./OneDialogs";
export { Dates, Move, Tag } from "./ManyDialogs";
