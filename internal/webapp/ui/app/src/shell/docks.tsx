// SPDX-License-Identifier: Apache-2.0
// What stands once at the bottom of every screen: work that goes on.

import type { ComponentType } from "react";
import { JobsNow } from "../features/library/JobsNow";

const docks: ComponentType[] = [JobsNow];

/** Docks are those parts; each is nothing while there is nothing to tell. */
export const Docks = () => <>{docks.map((Dock, i) => <Dock key={i} />)}</>;
