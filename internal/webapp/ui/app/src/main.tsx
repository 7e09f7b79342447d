// SPDX-License-Identifier: Apache-2.0
import "./trusted";
import "@fontsource-variable/inter/wght.css";
import "./styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { queries } from "./api/queries";
import { loadMessages, locale } from "./i18n";
import { install } from "./shell/install";
import { ownPreferences } from "./shell/ownPreferences";
import { applyPreferences, setPreferences } from "./shell/preferences";
import { router } from "./shell/router";
import { I18nProvider } from "./ui";

applyPreferences();
await loadMessages("ui", "shell", "problems");
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <I18nProvider locale={locale}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </I18nProvider>
  </StrictMode>,
);

install();
// What was chosen in another browser holds here, too.
void ownPreferences().then((p) => setPreferences({ ...(p.theme ? { theme: p.theme } : {}), ...(p.density ? { density: p.density } : {}), ...(p.single_keys === undefined ? {} : { keys: p.single_keys }) }), () => undefined);
