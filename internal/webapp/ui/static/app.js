// SPDX-License-Identifier: Apache-2.0

// The pages work without this script. It sends each file by itself and shows
// how far it is, appends pages of the grid instead of loading them, follows
// what is being prepared, and shows times in the visitor's own time zone.
"use strict";

document.documentElement.classList.add("js"); // before the body is drawn: nothing jumps

const language = document.documentElement.lang;

/** fill puts values into the {0}, {1} … of a text. */
function fill(text, ...values) {
  return values.reduce((t, v, i) => t.replaceAll(`{${i}}`, String(v)), text);
}

/** make creates an element with attributes and children; texts stay texts. */
function make(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

/** read fetches one of our own pages as a document, in which no script runs. */
function read(address) {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open("GET", address);
    x.responseType = "document";
    x.onload = () => (x.status === 200 && x.response ? resolve(x.response) : reject(new Error(String(x.status))));
    x.onerror = () => reject(new Error("network"));
    x.send();
  });
}

/** after waits, and while the page is not looked at waits on. */
function after(ms, then) {
  setTimeout(() => {
    if (!document.hidden) return then();
    document.addEventListener("visibilitychange", () => then(), { once: true });
  }, ms);
}

function showTimes(root) {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  for (const t of root.querySelectorAll("time[datetime]")) {
    const at = new Date(t.dateTime);
    if (!Number.isNaN(at.getTime())) t.textContent = format.format(at);
  }
}

function signInByLink(form) {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname); // the secret does not stay in the address
  form.elements.token.value = token;
  form.requestSubmit();
}

function foldTree(tree) {
  tree.addEventListener("click", (e) => {
    const twist = e.target.closest(".twist");
    if (!twist) return;
    const open = twist.closest(".branch").classList.toggle("open");
    twist.setAttribute("aria-expanded", String(open));
  });
  const unfold = tree.querySelector(".unfold");
  unfold.addEventListener("click", () => unfold.setAttribute("aria-expanded", String(unfold.getAttribute("aria-expanded") !== "true")));
}

/** growGrid appends the next page of the grid and moves on to its first card. */
function growGrid(results, told) {
  results.addEventListener("click", async (e) => {
    const more = e.target.closest("[data-more]");
    if (!more || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    if (more.getAttribute("aria-busy") === "true") return;
    more.setAttribute("aria-busy", "true");
    try {
      const next = await read(more.href);
      const cards = [...next.querySelectorAll("[data-grid] > li")].map((c) => document.importNode(c, true));
      if (cards.length === 0) throw new Error("nothing");
      results.querySelector("[data-grid]").append(...cards);
      const further = next.querySelector("[data-more]");
      if (further) {
        more.href = further.href;
        more.removeAttribute("aria-busy");
      } else {
        more.closest(".pages").remove();
      }
      cards[0].querySelector("a").focus();
      told.textContent = fill(results.dataset.wordMore, cards.length);
      followGrid(results);
    } catch {
      location.assign(more.href);
    }
  });
}

let following = 0;

/** followGrid replaces cards whose previews have been made since. */
function followGrid(results) {
  const round = ++following;
  let wait = 1500;
  const look = async () => {
    if (round !== following || !results.querySelector('[data-state="preparing"]')) return;
    try {
      replaceCards(results, await read(location.href));
    } catch {
      // The next look may find the server again.
    }
    wait = Math.min(wait * 1.5, 20000);
    after(wait, look);
  };
  after(wait, look);
}

function replaceCards(results, page) {
  for (const old of results.querySelectorAll('[data-state="preparing"]')) {
    const now = page.querySelector(`[data-id="${CSS.escape(old.dataset.id)}"]`);
    if (!now || now.dataset.state === "preparing") continue;
    const focused = old.contains(document.activeElement);
    const card = document.importNode(now, true);
    old.replaceWith(card);
    if (focused) card.querySelector("a").focus();
  }
}

/** showNew brings in what has been uploaded, keeping the pages that were added. */
async function showNew(results) {
  const page = await read(location.href);
  const fresh = page.querySelector("[data-results]");
  const here = new Set([...results.querySelectorAll("[data-id]")].map((c) => c.dataset.id));
  const grid = results.querySelector("[data-grid]");
  if (!grid) {
    results.replaceChildren(...[...fresh.children].map((c) => document.importNode(c, true)));
  } else {
    const missing = [...fresh.querySelectorAll("[data-id]")].filter((c) => !here.has(c.dataset.id));
    grid.prepend(...missing.map((c) => document.importNode(c, true)));
    const total = fresh.querySelector("#total");
    if (total) results.querySelector("#total").textContent = total.textContent;
  }
  const kinds = page.querySelector(".kinds");
  const old = document.querySelector(".kinds");
  if (kinds && old && !old.contains(document.activeElement)) old.replaceWith(document.importNode(kinds, true));
  else if (kinds && !old) results.before(document.importNode(kinds, true));
  followGrid(results);
}

/** The list of uploads: two files at a time, each with its own state. */
class Uploads {
  constructor(section, results) {
    this.section = section;
    this.results = results;
    this.words = JSON.parse(section.dataset.words);
    this.list = section.querySelector("[data-queue]");
    this.status = section.querySelector("[data-status]");
    this.input = section.querySelector("input[type=file]");
    this.waiting = [];
    this.running = 0;
    this.all = 0;
    this.stored = 0;
    this.trouble = 0;
    this.input.addEventListener("change", () => {
      this.add([...this.input.files]);
      this.input.value = "";
    });
    section.querySelector("form").addEventListener("submit", (e) => {
      e.preventDefault();
      this.input.click();
    });
    this.acceptDrops();
    addEventListener("beforeunload", (e) => {
      if (this.running > 0) e.preventDefault();
    });
  }

  say(key, ...values) {
    return fill(this.words[key] ?? key, ...values);
  }

  acceptDrops() {
    let depth = 0;
    const holdsFiles = (e) => e.dataTransfer && [...e.dataTransfer.types].includes("Files");
    const on = (name, does) =>
      document.addEventListener(name, (e) => {
        if (!holdsFiles(e)) return;
        e.preventDefault();
        does(e);
        this.section.classList.toggle("over", depth > 0);
      });
    on("dragenter", () => depth++);
    on("dragleave", () => depth--);
    on("dragover", (e) => (e.dataTransfer.dropEffect = "copy"));
    on("drop", (e) => {
      depth = 0;
      this.add([...e.dataTransfer.files]);
    });
  }

  add(files) {
    if (files.length === 0) return;
    if (this.running === 0 && this.waiting.length === 0) {
      this.all = this.stored = this.trouble = 0;
      this.list.replaceChildren(); // the last lot has been dealt with or left
    }
    this.list.hidden = false;
    this.section.classList.remove("large");
    for (const file of files) {
      const says = make("span", { class: "says" });
      const bar = make("progress", { max: "1", value: "0", "aria-label": file.name });
      const acts = make("span", { class: "acts" });
      const row = make("li", {}, make("span", { class: "file", title: file.name }, file.name), make("span", { class: "amount" }, says, bar), acts);
      this.list.append(row);
      this.all++;
      this.enqueue({ file, row, says, bar, acts, keep: false });
    }
    this.status.textContent = this.say("up_begin", this.all);
    this.next();
  }

  enqueue(one) {
    one.row.className = "";
    one.bar.hidden = false;
    one.bar.value = 0;
    one.says.textContent = this.say("up_waiting");
    const cancel = this.act(one, "up_cancel", () => this.cancel(one));
    one.acts.replaceChildren(cancel);
    this.waiting.push(one);
  }

  act(one, key, does) {
    const b = make("button", { type: "button", "aria-label": `${this.say(key)}: ${one.file.name}` }, this.say(key));
    b.addEventListener("click", does);
    return b;
  }

  next() {
    while (this.running < 2 && this.waiting.length > 0) this.send(this.waiting.shift());
    if (this.running === 0 && this.waiting.length === 0) this.finish();
  }

  cancel(one) {
    this.waiting = this.waiting.filter((w) => w !== one);
    if (one.request) return one.request.abort(); // its end goes through ended
    this.stop(one, this.say("up_cancelled"), [this.again(one)]);
    this.next();
  }

  again(one) {
    return this.act(one, "up_retry", () => this.resend(one));
  }

  resend(one, keep = false) {
    one.keep ||= keep;
    this.trouble--;
    this.enqueue(one);
    this.input.focus();
    this.next();
  }

  send(one) {
    this.running++;
    const form = new FormData();
    form.append("folder", this.section.dataset.folder);
    if (one.keep) form.append("on_duplicate", "keep");
    form.append("file", one.file, one.file.name);
    const x = new XMLHttpRequest();
    one.request = x;
    x.open("POST", "/api/v1/assets");
    x.responseType = "json";
    x.upload.onprogress = (e) => {
      if (!e.lengthComputable) return;
      one.bar.value = e.loaded / e.total;
      one.says.textContent = e.loaded < e.total ? this.say("up_sending", Math.floor((100 * e.loaded) / e.total)) : this.say("up_storing");
    };
    x.onload = () => this.ended(one, () => this.answer(one, x.status, x.response ?? {}));
    x.onerror = () => this.ended(one, () => this.stop(one, this.say("up_offline"), [this.again(one)]));
    x.onabort = () => this.ended(one, () => this.stop(one, this.say("up_cancelled"), [this.again(one)]));
    x.send(form);
  }

  ended(one, does) {
    one.request = null;
    this.running--;
    does();
    this.next();
  }

  answer(one, status, body) {
    if (status === 201) {
      this.stored++;
      one.row.className = "stored";
      one.bar.hidden = true;
      one.says.textContent = this.say("up_stored");
      this.actions(one, [this.open(one, body.id)]);
      return;
    }
    if (status === 401) return location.assign(`/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`);
    if (body.code === "asset.duplicate") {
      this.stop(one, this.say("up_duplicate"), [this.open(one, body.id), this.act(one, "up_keep", () => this.resend(one, true))]);
      return;
    }
    const known = this.words[`fault_${String(body.code).replaceAll(".", "_")}`];
    this.stop(one, known ?? body.detail ?? this.say("up_failed"), [this.again(one)]);
  }

  open(one, id) {
    return make("a", { class: "button", href: `/assets/${encodeURIComponent(id)}`, "aria-label": `${this.say("up_open")}: ${one.file.name}` }, this.say("up_open"));
  }

  stop(one, why, acts) {
    this.trouble++;
    one.row.className = "trouble";
    one.bar.hidden = true;
    one.says.textContent = why;
    one.row.scrollIntoView({ block: "nearest" });
    this.actions(one, acts);
  }

  /** actions puts buttons beside a file; what had the focus hands it on. */
  actions(one, acts) {
    const focused = one.acts.contains(document.activeElement);
    one.acts.replaceChildren(...acts);
    if (focused) acts[0].focus();
  }

  finish() {
    this.status.textContent = this.say("up_all", this.stored, this.all) + (this.trouble > 0 ? ` ${this.say("up_trouble", this.trouble)}` : "");
    if (this.stored > 0) showNew(this.results).catch(() => {});
  }
}

/** followAsset shows the asset again when it has been prepared, unless somebody is writing. */
function followAsset(link) {
  let wait = 1500;
  const form = document.querySelector("[data-edit]");
  const look = async () => {
    try {
      const answer = await fetch(link.dataset.refresh, { headers: { Accept: "application/json" }, redirect: "error" });
      if (!answer.ok) return;
      const { state } = await answer.json();
      if (state !== "preparing") {
        if (!form || !form.matches("[data-changed]")) location.replace(location.pathname + location.search);
        return;
      }
    } catch {
      // The next look may find the server again.
    }
    wait = Math.min(wait * 1.5, 20000);
    after(wait, look);
  };
  after(wait, look);
}

/** guard asks before what was typed is lost. */
function guard(form) {
  form.addEventListener("input", () => form.setAttribute("data-changed", ""));
  form.addEventListener("submit", () => form.removeAttribute("data-changed"));
  addEventListener("beforeunload", (e) => {
    if (form.matches("[data-changed]")) e.preventDefault();
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const one = (selector, does) => {
    const e = document.querySelector(selector);
    if (e) does(e);
  };
  showTimes(document);
  one("[data-link]", signInByLink);
  one(".tree", foldTree);
  one("[data-edit]", guard);
  one("[data-refresh]", followAsset);
  one("[data-results]", (results) => {
    growGrid(results, document.querySelector("[data-told]"));
    followGrid(results);
    one("[data-upload]", (section) => new Uploads(section, results));
  });
});
