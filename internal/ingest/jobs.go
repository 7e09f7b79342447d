// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/queue"
)

// part is the name under which the house acts here.
const part = "ingest"

// InspectArgs asks for a new original to be inspected.
type InspectArgs struct {
	Tenant   id.Tenant   `json:"tenant"`
	Asset    id.Asset    `json:"asset"`
	Revision id.Revision `json:"revision"`
}

// Kind names the job.
func (InspectArgs) Kind() string { return "ingest.inspect" }

// SweepArgs asks for what was left behind to be removed.
type SweepArgs struct{}

// Kind names the job.
func (SweepArgs) Kind() string { return "ingest.sweep" }

// sweepEvery is how often is swept.
const sweepEvery = 10 * time.Minute

// attempts is how often an inspection is tried: for about an hour.
const attempts = 12

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	// Not Once: a retry may come while the run that failed is still being written down.
	queue.Add(q, queue.Rule{On: queue.CPU, Attempts: attempts, Timeout: 30 * time.Minute},
		func(ctx context.Context, a InspectArgs) error {
			return s.Inspect(ctx, access.HouseActor(a.Tenant, part), a.Asset, a.Revision)
		},
		func(ctx context.Context, a InspectArgs, err error) error {
			return s.GiveUp(ctx, access.HouseActor(a.Tenant, part), a.Asset, a.Revision, err)
		})
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 30 * time.Minute, Once: true},
		func(ctx context.Context, _ SweepArgs) error {
			return s.Sweep(ctx, access.HouseActor(id.Tenant{}, part))
		}, nil)
	q.Every(sweepEvery, SweepArgs{})
}
