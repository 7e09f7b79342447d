// SPDX-License-Identifier: Apache-2.0
export { ContactsScreen } from "./ContactsScreen";
export { SettingsScreen } from "./SettingsScreen";
export { StatisticsScreen } from "./StatisticsScreen";
