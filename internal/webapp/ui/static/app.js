// SPDX-License-Identifier: Apache-2.0

// The pages work without this script. It takes the secret of a one-time link
// out of the address, and shows times in the visitor's own time zone.
"use strict";

function signInByLink(form) {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname); // the secret does not stay in the address
  form.elements.token.value = token;
  form.requestSubmit();
}

document.addEventListener("DOMContentLoaded", () => {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const t of document.querySelectorAll("time[datetime]")) {
    const at = new Date(t.dateTime);
    if (!Number.isNaN(at.getTime())) t.textContent = format.format(at);
  }
  const link = document.querySelector("[data-link]");
  if (link) signInByLink(link);
});
