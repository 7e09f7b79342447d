// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/queue"
	"tillgang/internal/work"
)

// ListJobs answers GET /api/v1/jobs.
func (s *server) ListJobs(ctx context.Context, r ListJobsRequestObject) (ListJobsResponseObject, error) {
	p, err := s.Work.List(ctx, actor(ctx), work.Filter{
		State: queue.State(or(r.Params.State)), Kind: or(r.Params.Kind), Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	out := ListJobs200JSONResponse{Items: make([]Job, len(p.Items)), Next: some(p.Next)}
	for i, j := range p.Items {
		var about struct {
			Asset string `json:"asset"`
		}
		_ = json.Unmarshal(j.Args, &about) // a job that is about no asset says so by having none
		out.Items[i] = Job{
			Id: "job_" + strconv.FormatInt(j.ID, 10), Kind: j.Kind, State: JobState(j.State), Asset: some(about.Asset), Attempt: j.Attempt,
			Slow: j.Slow, CreatedAt: j.Made, DueAt: j.Due, BeganAt: moment(j.Began), EndedAt: moment(j.Ended),
			Node: some(j.Node), Code: some(j.Code), Reason: some(j.Reason),
		}
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
