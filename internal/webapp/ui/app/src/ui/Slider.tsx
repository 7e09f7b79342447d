// SPDX-License-Identifier: Apache-2.0
import { Label, Slider as RACSlider, SliderOutput, SliderThumb, SliderTrack, type SliderProps } from "react-aria-components";

/** Slider sets a number by pointer or arrow keys; stand a NumberField beside it where exact values matter. */
export function Slider({ label, ...rest }: Omit<SliderProps<number>, "children" | "className"> & { label: string }) {
  return (
    <RACSlider {...rest} className="slider">
      <Label className="label">{label}</Label>
      <SliderOutput className="soft" />
      <SliderTrack className="slider-track"><SliderThumb className="slider-thumb" /></SliderTrack>
    </RACSlider>
  );
}
