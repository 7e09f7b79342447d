// SPDX-License-Identifier: Apache-2.0
// The library: folders and searches on the left, assets in the middle, details on the right.
export { LibraryScreen } from "./Screen";
export { LibraryView } from "./View";
export { FolderPicker } from "./FolderPicker";
export { useBulk } from "./bulk";
export { actions, type Act, type Chosen } from "./actions";
