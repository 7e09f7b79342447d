// SPDX-License-Identifier: Apache-2.0
// The library's part of the column on the left.
import { Folders } from "./Folders";
import { SavedSearches } from "./Saved";
import "./library.css";

/** LibraryColumn stands below the places. */
export const LibraryColumn = () => <><Folders /><SavedSearches /></>;
