// SPDX-License-Identifier: Apache-2.0
// What every field has: a label, a help text and its error, tied together for assistive technology. Each kind of field is
// a file of its own, so that a screen fetches only those it shows.

import type { ReactNode } from "react";
import { FieldError, Text } from "react-aria-components";
import { t } from "../i18n";

export type Told = { label: ReactNode; help?: ReactNode; error?: string | undefined };

/** Choice is one thing to choose in a Select, ComboBox or RadioGroup. */
export type Choice = { id: string; label: string; help?: string };

/** Help stands below a field: what helps, and what is wrong. */
export const Help = ({ help, error }: { help?: ReactNode; error?: string | undefined }) => (
  <>
    {help && <Text slot="description" className="help">{help}</Text>}
    <FieldError className="error">{error}</FieldError>
  </>
);

/** wrong is how a field is marked whose error came from the server. Natively it would keep its form from being sent again until the error is gone, and the error stays until the form is sent again. */
export const wrong = (error: string | undefined, is = false) => ({ isInvalid: !!error || is, validationBehavior: error ? ("aria" as const) : ("native" as const) });

/** Required says so in words. */
export const Required = () => <span className="required"> {t("ui.required")}</span>;
