// SPDX-License-Identifier: Apache-2.0
// How a picture is turned and cropped, and around which point: by numbers, sliders, keys or pointer, with what each size will show.

import { useEffect, useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { RotateCcw, RotateCw } from "lucide-react";
import { del, put } from "../../api/client";
import { presets, queries } from "../../api/queries";
import type { Asset, ClearCropData, ClearCropResponse, ClearFocalPointData, ClearFocalPointResponse, Framing, Preset, SetCropData, SetCropResponse, SetFocalPointData, SetFocalPointResponse, SetRotationData, SetRotationResponse } from "../../api/gen";
import { language, t } from "../../i18n";
import { announce, Button, ErrorNote, Failed, Loading, Note, NumberField, Select, Slider, toast } from "../../ui";
import { AreaPicker, within, type Area } from "./AreaPicker";
import { framing } from "./queries";
import { can, picture, said } from "./text";

const proportions = ["1:1", "4:5", "3:2", "4:3", "16:9", "9:16"];
const ratioOf = (of: string): [number, number] => of.split(":").map(Number) as [number, number];
type Point = { x: number; y: number };

/** partOf is what a preset shows of a picture: its own crop, the proportions', or as much as fits around the point. */
export function partOf(p: Pick<Preset, "name" | "width" | "height" | "crop">, f: Framing, w: number, h: number): Area {
  const shape = (a: Area): boolean => Math.abs((a.width * w) / (a.height * h) - p.width / p.height) < 0.02;
  const own = f.crops[p.name] ?? Object.entries(f.crops).find(([of, a]) => of.includes(":") && shape(a as Area) && Math.abs(ratioOf(of)[0] / ratioOf(of)[1] - p.width / p.height) < 0.01)?.[1];
  if (own) return own as Area;
  const ratio = (p.width / p.height) * (h / w); // in shares
  const width = Math.min(1, ratio), height = Math.min(1, 1 / ratio);
  const at = p.crop === "focal" && f.focal_point ? f.focal_point : { x: 0.5, y: 0.5 };
  return within({ x: at.x - width / 2, y: at.y - height / 2, width, height });
}

/** FramingEditor turns, crops and focuses a picture. The original is never touched. */
export function FramingEditor({ asset: a }: { asset: Asset }) {
  const q = useQuery(framing(a.id));
  const list = useQuery(presets);
  const [of, setOf] = useState("focal");
  const [draft, setDraft] = useState<Framing>();
  const shown = draft ?? q.data;
  const src = picture(a, 1200);
  useEffect(() => setDraft(undefined), [q.data]);
  const keep = useMutation({
    mutationFn: async (how: { focal?: Point | null; crop?: Area | null; degrees?: number; mirrored?: boolean }): Promise<Framing> => {
      const path = { id: a.id };
      if (how.degrees !== undefined) return put<SetRotationData, SetRotationResponse>("/api/v1/assets/{id}/rotation", { path, body: { degrees: how.degrees as 0, mirrored: how.mirrored ?? false } });
      if (how.focal !== undefined) return how.focal ? put<SetFocalPointData, SetFocalPointResponse>("/api/v1/assets/{id}/focal-point", { path, body: how.focal }) : del<ClearFocalPointData, ClearFocalPointResponse>("/api/v1/assets/{id}/focal-point", { path });
      return how.crop ? put<SetCropData, SetCropResponse>("/api/v1/assets/{id}/crops/{of}", { path: { ...path, of }, body: how.crop }) : del<ClearCropData, ClearCropResponse>("/api/v1/assets/{id}/crops/{of}", { path: { ...path, of } });
    },
    onSuccess: (f, how) => {
      queries.setQueryData(["asset", a.id, "framing"], f);
      setDraft(undefined);
      if (how.degrees !== undefined) void queries.invalidateQueries({ queryKey: ["asset", a.id], exact: true });
      toast(t("asset.framing_saved"));
    },
  });
  if (q.isPending || list.isPending) return <Loading lines={6} />;
  if (q.error || list.error) return <Failed problem={q.error ?? list.error} retry={() => void q.refetch()} />;
  if (!shown || !src) return <Note>{t("asset.framing_none")}</Note>;
  const mine = can(a, "asset.edit");
  const cut = list.data.items.filter((p) => p.fit === "cover" && p.width > 0 && p.height > 0);
  const named = (p: Preset) => p.label[language] ?? p.label["sv"] ?? said(`terms.preset_${p.name}`, p.name);
  const point = shown.focal_point ?? { x: 0.5, y: 0.5 };
  const preset = cut.find((p) => p.name === of);
  const [rw, rh] = preset ? [preset.width, preset.height] : of === "focal" ? [1, 1] : ratioOf(of);
  const ratio = (rw / rh) * (src.height / src.width);
  const area = within((shown.crops[of] as Area | undefined) ?? partOf({ name: of, width: rw, height: rh, crop: "focal" }, shown, src.width, src.height), ratio);
  const setPoint = (p: Point) => setDraft({ ...shown, focal_point: { x: Math.round(Math.min(1, Math.max(0, p.x)) * 1000) / 1000, y: Math.round(Math.min(1, Math.max(0, p.y)) * 1000) / 1000 } });
  const turn = (by: number) => keep.mutate({ degrees: (shown.degrees + by + 360) % 360, mirrored: shown.mirrored });
  const previews = cut.length ? cut : proportions.map((p) => ({ name: p, width: ratioOf(p)[0] * 100, height: ratioOf(p)[1] * 100, crop: "focal" as const }));
  if (!mine) return <Previews {...{ previews, shown, src, named: (n) => { const p = cut.find((x) => x.name === n); return p ? named(p) : n; } }} />;
  return (
    <div className="stack">
      <Select label={t("asset.framing_of")} value={of} onChange={(k) => { setOf(String(k)); setDraft(undefined); }} choices={[{ id: "focal", label: t("asset.focal_point"), help: t("asset.focal_help") }, ...proportions.map((p) => ({ id: p, label: t("asset.crop_of", { name: p }) })), ...cut.map((p) => ({ id: p.name, label: t("asset.crop_of", { name: named(p) }) }))]} />
      {of === "focal" ? (
        <>
          <div className="area-box focal" onPointerDown={(e) => { const at = e.currentTarget.getBoundingClientRect(); e.currentTarget.setPointerCapture(e.pointerId); setPoint({ x: (e.clientX - at.left) / at.width, y: (e.clientY - at.top) / at.height }); }} onPointerMove={(e) => { if (!e.buttons) return; const at = e.currentTarget.getBoundingClientRect(); setPoint({ x: (e.clientX - at.left) / at.width, y: (e.clientY - at.top) / at.height }); }}>
            <img src={src.url} alt="" draggable={false} />
            <span className="focal-mark" aria-hidden style={{ left: `${point.x * 100}%`, top: `${point.y * 100}%` }} />
          </div>
          <div className="numbers" role="group" aria-label={t("asset.focal_point")}>
            <NumberField label={t("asset.focal_x")} value={point.x} minValue={0} maxValue={1} step={0.01} formatOptions={{ style: "percent", maximumFractionDigits: 1 }} onChange={(x) => !Number.isNaN(x) && setPoint({ ...point, x })} />
            <NumberField label={t("asset.focal_y")} value={point.y} minValue={0} maxValue={1} step={0.01} formatOptions={{ style: "percent", maximumFractionDigits: 1 }} onChange={(y) => !Number.isNaN(y) && setPoint({ ...point, y })} />
            <Slider label={t("asset.focal_x_slide")} minValue={0} maxValue={1} step={0.01} formatOptions={{ style: "percent" }} value={point.x} onChange={(x) => setPoint({ ...point, x: x as number })} />
            <Slider label={t("asset.focal_y_slide")} minValue={0} maxValue={1} step={0.01} formatOptions={{ style: "percent" }} value={point.y} onChange={(y) => setPoint({ ...point, y: y as number })} />
          </div>
        </>
      ) : (
        <AreaPicker src={src.url} area={area} ratio={ratio} label={t("asset.crop_numbers")} onChange={(crop) => setDraft({ ...shown, crops: { ...shown.crops, [of]: crop } })} />
      )}
      {keep.error && <ErrorNote problem={keep.error} />}
      <div className="row">
        <Button kind="main" isDisabled={!draft} isPending={keep.isPending} onPress={() => keep.mutate(of === "focal" ? { focal: point } : { crop: area })}>{t("ui.save")}</Button>
        <Button isDisabled={!draft} onPress={() => { setDraft(undefined); announce(t("asset.given_up")); }}>{t("asset.give_up")}</Button>
        <Button isDisabled={of === "focal" ? !q.data?.focal_point : !q.data?.crops[of]} onPress={() => keep.mutate(of === "focal" ? { focal: null } : { crop: null })}>{of === "focal" ? t("asset.focal_clear") : t("asset.crop_clear")}</Button>
      </div>
      <div className="row" role="group" aria-label={t("asset.turn")}>
        <Button onPress={() => turn(-90)}><RotateCcw size={16} aria-hidden />{t("asset.turn_left")}</Button>
        <Button onPress={() => turn(90)}><RotateCw size={16} aria-hidden />{t("asset.turn_right")}</Button>
        <Button onPress={() => keep.mutate({ degrees: shown.degrees, mirrored: !shown.mirrored })}>{t("asset.mirror")}</Button>
      </div>
      <Previews {...{ previews, shown, src, named: (n) => { const p = cut.find((x) => x.name === n); return p ? named(p) : n; } }} />
    </div>
  );
}

function Previews({ previews, shown, src, named }: { previews: Pick<Preset, "name" | "width" | "height" | "crop">[]; shown: Framing; src: { url: string; width: number; height: number }; named(name: string): string }) {
  return (
    <section className="stack" aria-label={t("asset.previews")}>
      <h2>{t("asset.previews")}</h2>
      <ul className="previews">
        {previews.map((p) => {
          const part = partOf(p, shown, src.width, src.height), wide = 9 * Math.min(1, p.width / p.height);
          return (
            <li key={p.name}>
              <span className="cutout" style={{ inlineSize: `${wide}rem`, aspectRatio: `${p.width} / ${p.height}` }}>
                <img src={src.url} alt="" style={{ inlineSize: `${100 / part.width}%`, blockSize: `${100 / part.height}%`, translate: `${-part.x * 100}% ${-part.y * 100}%` }} />
              </span>
              <span className="small">{named(p.name)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
