// SPDX-License-Identifier: Apache-2.0
/** Brand is the product's sign. */
export const Brand = () => (
  <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true" focusable="false"><rect x="1" y="1" width="22" height="22" rx="6.5" /><path d="M7 8h10M12 8v9" /></svg>
);
