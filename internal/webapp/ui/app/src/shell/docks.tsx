// SPDX-License-Identifier: Apache-2.0
// What stands once at the bottom of every screen: work that goes on.

import { Suspense, type ComponentType } from "react";
import { lazyPart } from "./lazyPart";

const docks: ComponentType[] = [lazyPart(["library", "terms"], () => import("../features/library/JobDock"), "JobDock")];

/** Docks are those parts; each is nothing while there is nothing to tell. */
export const Docks = () => <Suspense>{docks.map((Dock, i) => <Dock key={i} />)}</Suspense>;
