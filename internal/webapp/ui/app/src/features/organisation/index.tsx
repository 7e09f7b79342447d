// SPDX-License-Identifier: Apache-2.0
export { Contacts } from "./ContactsScreen";
export { Settings } from "./SettingsScreen";
export { Statistics } from "./StatisticsScreen";
