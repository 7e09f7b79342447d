// SPDX-License-Identifier: Apache-2.0
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, CircleHelp, Clock, LoaderCircle, RotateCw, X } from "lucide-react";
import { bytes, t } from "../../i18n";
import { Button, IconButton, Progress, problemText } from "../../ui";
import { uploads, type Answer, type Item } from "./queue";

const icons = { waiting: Clock, sending: LoaderCircle, storing: LoaderCircle, asked: CircleHelp, done: CircleCheck, used: CircleCheck, failed: CircleAlert, stopped: X };

/** Row is one file of the dock: its state in words, its reason, and what can be done. */
export function Row({ item }: { item: Item }) {
  const Icon = icons[item.state];
  const name = item.file.name;
  const state = item.state === "asked" ? t(`upload.question_${item.question ?? "same"}`) : t(`upload.state_${item.state}`);
  const problem = item.state === "failed" ? problemText(item.problem) : undefined;
  return (
    <li className="upload" data-state={item.state}>
      <Icon size={16} aria-hidden />
      <div className="upload-what">
        <p className="cut" title={name}><bdi>{item.asset && item.state !== "asked" ? <Link to={`/assets/${item.asset}`}>{name}</Link> : name}</bdi></p>
        <p className="small soft">{bytes(item.file.size)} · {state}</p>
        {problem && <p className="small error" lang={problem.lang}>{problem.text}</p>}
        {item.state === "sending" && <Progress label={t("upload.progress_of", { name })} value={item.file.size ? item.sent / item.file.size : undefined} />}
        {item.state === "asked" && <Question item={item} />}
      </div>
      <div className="upload-do">
        {item.state === "failed" && <IconButton label={t("upload.retry", { name })} onPress={() => uploads.retry(item)}><RotateCw size={16} aria-hidden /></IconButton>}
        {["waiting", "sending", "failed"].includes(item.state) && <IconButton label={t("upload.stop", { name })} onPress={() => void uploads.stop(item)}><X size={16} aria-hidden /></IconButton>}
      </div>
    </li>
  );
}

/** Question asks what to do with a file whose bytes, or whose name, are here already. */
function Question({ item }: { item: Item }) {
  const answers: Answer[] = item.question === "name" ? ["revision", "keep", "use"] : ["use", "keep"];
  const others = uploads.items.some((i) => i !== item && i.state === "asked" && i.question === item.question);
  const name = item.file.name;
  return (
    <div className="upload-question" role="group" aria-label={t("upload.question_of", { name })}>
      {item.asset && <Link to={`/assets/${item.asset}`}>{t("upload.see_it")}</Link>}
      <div className="row">{answers.map((a) => <Button key={a} onPress={() => void uploads.answer(item, a)}>{t(`upload.answer_${a}`)}</Button>)}</div>
      {others && <div className="row small">{answers.map((a) => <Button kind="quiet" key={a} onPress={() => void uploads.answer(item, a, true)}>{t(`upload.all_${a}`)}</Button>)}</div>}
    </div>
  );
}
