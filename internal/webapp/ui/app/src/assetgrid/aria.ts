// SPDX-License-Identifier: Apache-2.0
// The types of React Aria that are used here.
export type { Key, KeyboardDelegate, SelectionBehavior } from "@react-types/shared";
export type { MultipleSelectionManager } from "react-stately/useMultipleSelectionState";
