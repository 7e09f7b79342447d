// SPDX-License-Identifier: Apache-2.0
import { Label, ProgressBar as RACProgressBar } from "react-aria-components";

/** Progress shows how far something has come, 0 to 1; undefined: it runs, nobody knows how far. */
export function Progress({ label, value, text }: { label: string; value?: number | undefined; text?: string }) {
  return (
    <RACProgressBar className="progress" {...(value === undefined ? { isIndeterminate: true } : { value: Math.round(value * 100) })} {...(text ? { valueLabel: text } : {})}>
      {({ percentage, valueText }) => (
        <>
          <Label>{label}</Label><span className="soft">{text ?? valueText}</span>
          <span className="bar"><span className={value === undefined ? "fill moving" : "fill"} style={{ inlineSize: `${percentage ?? 30}%` }} /></span>
        </>
      )}
    </RACProgressBar>
  );
}
