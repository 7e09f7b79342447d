// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "react";
import { WifiOff } from "lucide-react";
import { t } from "../i18n";
import { announce } from "../ui";

/** Online says so when the connection is gone, and when it is back. */
export function Online() {
  const [on, setOn] = useState(navigator.onLine);
  useEffect(() => {
    const change = () => {
      setOn(navigator.onLine);
      announce(t(navigator.onLine ? "shell.online" : "shell.offline"), !navigator.onLine);
    };
    window.addEventListener("online", change);
    window.addEventListener("offline", change);
    return () => {
      window.removeEventListener("online", change);
      window.removeEventListener("offline", change);
    };
  }, []);
  return on ? null : <section className="offline" aria-label={t("shell.connection")}><WifiOff size={16} aria-hidden /> {t("shell.offline")}</section>;
}
