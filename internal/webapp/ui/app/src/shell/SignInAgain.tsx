// SPDX-License-Identifier: Apache-2.0
// A session that ends in the middle of work is renewed over the page: what was typed stays, and the request that was
// refused is sent again.

import { useEffect, useState } from "react";
import { onSignedOut } from "../api/client";
import { queries, session } from "../api/queries";
import type { GetSessionResponse } from "../api/gen";
import { lazyDialog } from "./lazyPart";

const SignInForm = lazyDialog<{ known: string; onEnd(): void; onClose(): void }>([], () => import("./SignInForm"), "SignInForm");

let answer: ((signedIn: boolean) => void) | undefined;

/** SignInAgain stands once in the shell. */
export function SignInAgain() {
  const [asked, setAsked] = useState<string>();

  useEffect(
    () =>
      onSignedOut(
        () =>
          new Promise<boolean>((resolve) => {
            const known = queries.getQueryData<GetSessionResponse>(session.queryKey);
            if (!known) { // nobody was signed in when the page came
              location.assign("/sign-in?to=" + encodeURIComponent(location.pathname + location.search));
              return;
            }
            answer = resolve;
            setAsked(known.email ?? "");
          }),
      ),
    [],
  );

  const end = (signedIn: boolean) => {
    setAsked(undefined);
    answer?.(signedIn);
    answer = undefined;
  };
  return asked === undefined ? null : <SignInForm known={asked} onEnd={() => end(true)} onClose={() => end(false)} />;
}
