// SPDX-License-Identifier: Apache-2.0
// Where a mail's link leads: it marks the notice as read and goes on to what it is about.

import { useEffect } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { GetNoticeData, GetNoticeResponse } from "../../api/gen";
import { t } from "../../i18n";
import { Empty, Failed, Loading, Page } from "../../ui";
import { placeOf, read } from "./queries";

/** NoticeScreen goes on to what one notice is about. */
export function NoticeScreen() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const navigate = useNavigate();
  const one = useQuery({ queryKey: ["notices", "one", id], queryFn: ({ signal }) => get<GetNoticeData, GetNoticeResponse>("/api/v1/notices/{id}", { path: { id }, signal }) });
  const place = one.data && placeOf(one.data);
  useEffect(() => {
    if (!one.data) return;
    const go = () => {
      if (place) void navigate({ href: place, replace: true });
    };
    if (one.data.read_at) go();
    else void read(id).catch(() => undefined).then(go); // it can be marked later, too
  }, [one.data, place, id, navigate]);
  return (
    <Page title={one.data?.title ?? t("notices.title")}>
      {one.isError ? <Failed problem={one.error} retry={() => void one.refetch()} /> : one.data && !place ? (
        <Empty title={one.data.title} action={<Link to="/notices" className="button plain">{t("notices.to_all")}</Link>} />
      ) : <Loading />}
    </Page>
  );
}
