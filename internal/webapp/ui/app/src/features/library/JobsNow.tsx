// SPDX-License-Identifier: Apache-2.0
import { Suspense } from "react";
import { lazyPart } from "../../shell/lazyPart";
import { useWorks } from "./works";

const JobDock = lazyPart(["library", "terms"], () => import("./JobDock"), "JobDock");

/** JobsNow is the dock of jobs; its code comes with the first job. */
export const JobsNow = () => (useWorks().length ? <Suspense><JobDock /></Suspense> : null);
