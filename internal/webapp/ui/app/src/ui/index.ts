// SPDX-License-Identifier: Apache-2.0
// The product's parts of screens. Only this folder and assetgrid/ may import React Aria.
export * from "./announce";
export * from "./Announcer";
export * from "./Button";
export * from "./CommandList";
export * from "./Dialog";
export * from "./later";
export * from "./Menu";
export * from "./Page";
export * from "./Pop";
export * from "./Progress";
export * from "./states";
export * from "./Table";
export * from "./Tabs";
export * from "./Tree";
export type { Choice } from "./told";
export * from "./Checkbox";
export * from "./ComboBox";
export * from "./NumberField";
export * from "./RadioGroup";
export * from "./SearchField";
export * from "./Select";
export * from "./Slider";
export * from "./Switch";
export * from "./TextField";
export * from "./toast";
export { Breadcrumbs, Breadcrumb, Disclosure, DisclosurePanel, DropZone, FileTrigger, Form, I18nProvider, isFileDropItem, isDirectoryDropItem, Link as AriaLink, RouterProvider as AriaRouter, Toolbar, Group, Heading, Keyboard, Label } from "react-aria-components";
export { TagGroup, TagList, Tag, Tree, TreeItem, TreeItemContent, Collection as AriaCollection, useDragAndDrop, type Selection } from "react-aria-components";
