// SPDX-License-Identifier: Apache-2.0

// A mail server for tests (RFC 5321), on this machine: it takes mails and keeps them, or is busy.

import { once } from "node:events";
import { createServer } from "node:net";

/** mailbox starts one. While busy it takes nothing; wait returns the first mail to an address. */
export async function mailbox() {
  const box = { busy: false, mails: [], waiting: [] };
  const server = createServer((socket) => {
    let rest = "";
    let mail;
    const say = (line) => socket.write(line + "\r\n");
    socket.setEncoding("utf8");
    socket.on("error", () => undefined);
    say(box.busy ? "421 busy" : "220 test");
    if (box.busy) return socket.end();
    socket.on("data", (more) => {
      rest += more;
      for (let end; (end = rest.indexOf("\r\n")) >= 0; ) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (mail?.text !== undefined) {
          if (line !== ".") mail.text += line.replace(/^\./, "") + "\n";
          else {
            box.mails.push(mail);
            mail = undefined;
            say("250 taken");
            for (const w of box.waiting) w();
          }
          continue;
        }
        const [verb] = line.toUpperCase().split(/[ :]/);
        if (verb === "MAIL") mail = {};
        if (verb === "RCPT") mail.to = /<(.*?)>/.exec(line)[1];
        if (verb === "DATA") mail.text = "";
        say({ DATA: "354 go on", QUIT: "221 bye" }[verb] ?? "250 test");
        if (verb === "QUIT") socket.end();
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(box, {
    url: `smtp://127.0.0.1:${server.address().port}?tls=none`,
    wait: async (to) => {
      for (;;) {
        const found = box.mails.find((m) => m.to === to);
        if (found) return found;
        await new Promise((resolve) => box.waiting.push(resolve));
      }
    },
    stop: () => server.close(),
  });
}
