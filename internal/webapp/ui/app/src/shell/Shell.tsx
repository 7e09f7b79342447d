// SPDX-License-Identifier: Apache-2.0
// The frame of every screen: skip link, header, places on the left, the screen itself, what is announced.

import { useEffect, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate, useRouter, useRouterState } from "@tanstack/react-router";
import { CircleUserRound, Keyboard as KeyboardIcon, Menu as MenuIcon } from "lucide-react";
import { session } from "../api/queries";
import { t, language, languages } from "../i18n";
import { Announcer, announce, AriaRouter, Button, Empty, Failed, IconButton, Menu, Toasts } from "../ui";
import { Brand } from "./Brand";
import { Docks } from "./docks";
import { keepPreferences } from "./ownPreferences";
import { HeaderSearch, HeaderTools } from "./header";
import { Places } from "./Places";
import { lazyDialog } from "./lazyPart";
import { setPreferences, usePreferences } from "./preferences";
import { SignInAgain } from "./SignInAgain";
import { Online } from "./Online";

type Opened = { open: boolean; onClose(): void };
const Palette = lazyDialog<Opened>([], () => import("./Palette"), "Palette");
const ShortcutSheet = lazyDialog<Opened>([], () => import("./Shortcuts"), "ShortcutSheet");

/** Shell stands around every screen. */
export function Shell() {
  const who = useQuery(session);
  const router = useRouter();
  const go = useNavigate();
  const place = useLocation();
  const [nav, setNav] = useState(false);
  const [palette, setPalette] = useState(false);
  const [sheet, setSheet] = useState(false);
  const prefs = usePreferences();
  const main = useRef<HTMLElement>(null);

  // A new screen takes the focus once it stands there, so that screen readers begin in it; changes of the query do not,
  // nor does a screen that has given the focus back to where it was (a list after Back).
  const stands = useRouterState({ select: (s) => s.resolvedLocation?.pathname });
  const before = useRef<{ path: string | undefined; focus: Element | null }>({ path: undefined, focus: null });
  useEffect(() => {
    setNav(false);
    before.current.focus = document.activeElement;
  }, [place.href]);
  useEffect(() => {
    if (stands === undefined || stands === before.current.path) return;
    const first = before.current.path === undefined;
    before.current.path = stands;
    if (first) return;
    const now = document.activeElement;
    if (now === before.current.focus || now === main.current || !main.current?.contains(now)) main.current?.focus({ preventScroll: true });
    window.setTimeout(() => announce(document.title), 150);
  }, [stands]);

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === "k") {
        e.preventDefault();
        setPalette(true);
      }
      const typing = e.target instanceof HTMLElement && (e.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName));
      if (!prefs.keys || typing || e.ctrlKey || e.metaKey || e.altKey || document.querySelector(".overlay")) return;
      if (e.key === "?") {
        e.preventDefault();
        setSheet(true);
      }
      if (e.key === "/") {
        e.preventDefault();
        document.querySelector<HTMLInputElement>("header.top input")?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [prefs.keys]);

  if (who.isError) return <main className="alone"><Failed problem={who.error} retry={() => void who.refetch()} /><SignInAgain /></main>;
  return (
    <AriaRouter navigate={(to) => void go({ to })} useHref={(to) => router.buildLocation({ to }).href}>
      <header className="top">
        <a className="skip" href="#main">{t("shell.skip")}</a>
        <IconButton label={t("shell.places")} className="only-narrow" onPress={() => setNav(true)}><MenuIcon size={20} aria-hidden /></IconButton>
        <Link to="/" className="mark"><Brand /><span lang="sv">Tillgång</span></Link>
        <HeaderSearch />
        <div className="tools">
          <HeaderTools />
          <IconButton label={t("shell.shortcuts")} className="not-narrow" onHoverStart={ShortcutSheet.fetch} onPress={() => setSheet(true)}><KeyboardIcon size={20} aria-hidden /></IconButton>
          <Menu
            label={t("shell.account")}
            button={<Button kind="quiet" className="account" aria-label={t("shell.account_of", { name: who.data?.name || who.data?.email || "" })}><CircleUserRound size={20} aria-hidden /></Button>}
            entries={[
              { section: who.data?.name || who.data?.email || t("shell.account"), entries: [
                { id: "preferences", label: t("shell.preferences"), onAction: () => void go({ to: "/preferences" }) },
                { id: "password", label: t("shell.password"), onAction: () => location.assign("/password") },
              ] },
              { section: t("shell.theme"), selected: prefs.theme, onSelect: (theme) => chooseTheme(theme as "light"), entries: (["system", "light", "dark"] as const).map((id) => ({ id, label: t(`shell.theme_${id}`) })) },
              { section: t("shell.language"), selected: language, onSelect: chooseLanguage, entries: Object.entries(languages).map(([id, label]) => ({ id, label })) },
              "line",
              { id: "out", label: t("shell.sign_out"), onAction: signOut },
            ]}
          />
        </div>
      </header>
      <div className="frame" data-nav={prefs.nav || undefined}>
        <Places open={nav} onClose={() => setNav(false)} />
        <main id="main" ref={main} tabIndex={-1}><Outlet /></main>
      </div>
      {palette && <Palette open onClose={() => setPalette(false)} />}
      {sheet && <ShortcutSheet open onClose={() => setSheet(false)} />}
      <SignInAgain />
      <Docks />
      <Online />
      <Toasts />
      <Announcer />
    </AriaRouter>
  );
}

/** Nowhere is shown for addresses that lead to nothing. */
export function Nowhere() {
  return <Empty title={t("ui.not_found")} action={<Link to="/" className="button main">{t("shell.to_library")}</Link>}><p>{t("ui.not_found_text")}</p></Empty>;
}

/** chooseTheme holds at once, and with the account in other browsers too. */
function chooseTheme(theme: "system" | "light" | "dark") {
  setPreferences({ theme });
  void keepPreferences({ theme: theme === "system" ? undefined : theme }).catch(() => undefined);
}

/** submit posts a small form to the server's own pages, which set cookies and lead on. */
function submit(action: string, values: Record<string, string>) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  for (const [name, value] of Object.entries(values)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

function signOut() {
  submit("/sign-out", {});
}

function chooseLanguage(to: string) {
  if (to !== language) submit("/language", { language: to, to: location.pathname + location.search });
}
