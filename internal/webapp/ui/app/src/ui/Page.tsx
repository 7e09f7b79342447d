// SPDX-License-Identifier: Apache-2.0
import { useEffect, type ReactNode } from "react";

/** Page is one screen: it names the document, has the one h1, and a row of actions. */
export function Page({ title, actions, children, wide, lead }: { title: string; actions?: ReactNode; children: ReactNode; wide?: boolean; lead?: ReactNode }) {
  useTitle(title);
  return (
    <div className={wide ? "page wide" : "page"}>
      <header className="page-head"><h1>{title}</h1>{actions && <div className="actions">{actions}</div>}</header>
      {lead && <p className="lead">{lead}</p>}
      {children}
    </div>
  );
}

/** useTitle names the document. */
export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} – Tillgång`;
  }, [title]);
}
