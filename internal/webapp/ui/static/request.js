// SPDX-License-Identifier: Apache-2.0

// The page works without this script. It sends files in pieces (tus 1.0.0), so
// that a broken connection costs nothing, and shows how far they are.
"use strict";

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function pause(ms) {
  return new Promise((go) => setTimeout(go, ms));
}

// ask sends one request; progress is told how many bytes have gone.
function ask(method, at, key, headers, body, progress) {
  return new Promise((done) => {
    const x = new XMLHttpRequest();
    x.open(method, at);
    x.setRequestHeader("Tus-Resumable", "1.0.0");
    x.setRequestHeader("Authorization", `Delivery ${key}`);
    for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value);
    if (progress) x.upload.addEventListener("progress", (e) => progress(e.loaded));
    x.addEventListener("loadend", () => done(x));
    x.send(body ?? null);
  });
}

// why is what the server says went wrong, in the page's language where it has
// words for it; empty: nothing that people can mend.
function why(x) {
  try {
    const said = JSON.parse(x.responseText);
    for (const li of document.querySelectorAll("[data-code]")) if (li.dataset.code === said.code) return li.textContent;
    return said.title ?? "";
  } catch {
    return "";
  }
}

// passing says whether another try may do better.
function passing(x) {
  return x.status === 0 || x.status >= 500 || x.status === 423 || x.status === 429 || x.status === 409;
}

// send sends one file; it returns what went wrong, or nothing.
async function send(file, key, progress) {
  let at = "";
  for (let tries = 0, offset = 0; ; ) {
    let x;
    if (!at) {
      x = await ask("POST", "/api/v1/uploads", key, { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${base64(file.name)}` });
      if (x.status === 201) {
        at = x.getResponseHeader("Location");
        continue;
      }
    } else {
      if (offset < 0) {
        x = await ask("HEAD", at, key, {});
        if (x.status === 200) {
          offset = Number(x.getResponseHeader("Upload-Offset"));
          if (x.getResponseHeader("Tillgang-Upload-State") === "done") return undefined;
        }
      }
      if (offset >= 0) {
        const from = offset;
        x = await ask("PATCH", at, key, { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(from) }, file.slice(from), (n) => progress(from + n));
        if (x.status === 204) {
          offset = Number(x.getResponseHeader("Upload-Offset"));
          tries = 0;
          if (offset >= file.size) return undefined;
          continue;
        }
        offset = -1;
      }
    }
    if (!passing(x) || ++tries > 8) return why(x) || " ";
    await pause(Math.min(500 * 2 ** tries, 15000));
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-send]");
  if (!form) return;
  const say = form.dataset;
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector(".queue");
  const status = form.querySelector("[role=status]");
  const waiting = [];
  let busy = 0;
  let received = 0;
  form.classList.add("scripted");
  input.required = false;

  function line(file) {
    const li = document.createElement("li");
    const name = document.createElement("span");
    name.className = "file";
    name.textContent = file.name;
    const amount = document.createElement("span");
    amount.className = "amount";
    const says = document.createElement("span");
    says.className = "says";
    const bar = document.createElement("progress");
    bar.max = Math.max(file.size, 1);
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    amount.append(says, bar);
    const acts = document.createElement("span");
    acts.className = "acts";
    li.append(name, amount, acts);
    list.append(li);
    list.hidden = false;
    return { li, says, bar, acts };
  }

  async function work() {
    if (busy >= 2) return;
    const one = waiting.shift();
    if (!one) {
      if (busy === 0 && received > 0) {
        status.textContent = say.all;
        document.querySelector("[data-finish]")?.removeAttribute("data-empty");
        document.querySelector("[data-none]")?.remove();
      }
      return;
    }
    busy++;
    one.says.textContent = say.left;
    one.li.className = "";
    one.acts.replaceChildren();
    const wrong = await send(one.file, say.send, (n) => { one.bar.value = n; });
    busy--;
    if (wrong === undefined) {
      received++;
      one.bar.value = one.bar.max;
      one.li.className = "stored";
      one.says.textContent = say.received;
    } else {
      one.li.className = "trouble";
      one.says.textContent = `${say.failed} ${wrong}`.trim();
      status.textContent = `${one.file.name}: ${one.says.textContent}`;
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = say.again;
      again.addEventListener("click", () => {
        waiting.push(one);
        input.focus();
        void work();
      });
      one.acts.append(again);
    }
    void work();
  }

  function take(files) {
    for (const file of files) waiting.push({ file, ...line(file) });
    status.textContent = say.left;
    void work();
    void work();
  }

  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("dragover", (e) => {
    e.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (e) => {
    e.preventDefault();
    form.classList.remove("over");
    take([...(e.dataTransfer?.files ?? [])]);
  });
  addEventListener("beforeunload", (e) => {
    if (busy > 0) e.preventDefault();
  });
});
