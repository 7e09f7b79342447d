// SPDX-License-Identifier: Apache-2.0
import type { SparseCollection } from "./collection";
import type { Manager } from "./manager";

/** ListState is what React Aria's hooks call the state of a list. It keeps its identity as long as the window does. */
export type ListState = { collection: SparseCollection; disabledKeys: Set<never>; selectionManager: Manager };
