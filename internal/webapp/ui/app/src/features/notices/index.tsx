// SPDX-License-Identifier: Apache-2.0
export { ChoicesScreen } from "./ChoicesScreen";
export { NoticeScreen } from "./NoticeScreen";
export { NoticesScreen } from "./NoticesScreen";
