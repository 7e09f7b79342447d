// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/queue"
	"tillgang/internal/work"
)

// ListJobs answers GET /api/v1/jobs.
func (s *server) ListJobs(ctx context.Context, r ListJobsRequestObject) (ListJobsResponseObject, error) {
	p, err := s.Work.List(ctx, actor(ctx), work.Filter{
		State: queue.State(or(r.Params.State)), Kind: or(r.Params.Kind), About: or(r.Params.About), Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	out := ListJobs200JSONResponse{Items: make([]Job, len(p.Items)), Next: some(p.Next)}
	for i, j := range p.Items {
		asset, subject := about(j.Args)
		out.Items[i] = Job{
			Id: "job_" + strconv.FormatInt(j.ID, 10), Kind: j.Kind, State: JobState(j.State), Asset: some(asset), Subject: some(subject), Attempt: j.Attempt,
			Slow: j.Slow, CreatedAt: j.Made, DueAt: j.Due, BeganAt: moment(j.Began), EndedAt: moment(j.Ended),
			Node: some(j.Node), Code: some(j.Code), Reason: some(j.Reason),
		}
	}
	return out, nil
}

var outer = regexp.MustCompile(`^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$`)

// about finds what a job is about in its arguments: an asset, or the first other
// thing by the arguments' names. A job that is about nothing has none.
func about(args json.RawMessage) (asset, subject string) {
	var all map[string]any
	_ = json.Unmarshal(args, &all)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text, _ := all[name].(string)
		switch {
		case name == "tenant" || !outer.MatchString(text):
		case name == "asset":
			return text, text
		case subject == "":
			subject = text
		}
	}
	return "", subject
}

// CountJobs answers GET /api/v1/jobs/counts.
func (s *server) CountJobs(ctx context.Context, _ CountJobsRequestObject) (CountJobsResponseObject, error) {
	list, err := s.Work.Counts(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	out := CountJobs200JSONResponse{}
	sized(&out.Items, len(list))
	for i, c := range list {
		out.Items[i].Kind, out.Items[i].State, out.Items[i].Jobs = c.Kind, JobState(c.State), c.Jobs
	}
	return out, nil
}

// GetStorage answers GET /api/v1/storage.
func (s *server) GetStorage(ctx context.Context, _ GetStorageRequestObject) (GetStorageResponseObject, error) {
	st, err := s.Work.Storage(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	p, k := st.Place, st.Kept
	out := GetStorage200JSONResponse{
		Kind: StorageKind(p.Kind), Where: p.Where, Country: some(p.Country), Site: some(p.Site), Jurisdiction: some(p.Jurisdiction),
		Reachable: p.Reason == "", Reason: some(p.Reason), Free: some(p.Free), Size: some(p.Size),
		Originals: StorageHeap(k.Originals), Earlier: StorageHeap(k.Earlier), Bin: StorageHeap(k.Binned), Renditions: StorageHeap(k.Renditions),
		Copies: StorageHeap(k.Copies), Uploads: StorageHeap(k.Uploads), Doomed: k.Doomed,
	}
	sized(&out.Findings, len(p.Findings))
	for i, f := range p.Findings {
		out.Findings[i].Level, out.Findings[i].What, out.Findings[i].Text = StorageFindingsLevel(f.Level), f.What, f.Text
	}
	return out, nil
}

// moment is nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// GiveUpJob answers DELETE /api/v1/jobs/{id}.
func (s *server) GiveUpJob(ctx context.Context, r GiveUpJobRequestObject) (GiveUpJobResponseObject, error) {
	return GiveUpJob204Response{}, s.Work.GiveUp(ctx, actor(ctx), jobNumber(r.Id))
}

// HastenJob answers POST /api/v1/jobs/{id}/attempt.
func (s *server) HastenJob(ctx context.Context, r HastenJobRequestObject) (HastenJobResponseObject, error) {
	return HastenJob204Response{}, s.Work.Hasten(ctx, actor(ctx), jobNumber(r.Id))
}

// jobNumber is the number in an identifier, whose form the contract has checked.
func jobNumber(id string) int64 {
	n, _ := strconv.ParseInt(strings.TrimPrefix(id, "job_"), 10, 64)
	return n
}
