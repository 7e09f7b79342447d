// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/queue"
)

// SweepArgs asks for old tickets to be removed.
type SweepArgs struct{}

// Kind names the job.
func (SweepArgs) Kind() string { return "delivery.sweep" }

// sweepEvery is how often is swept.
const sweepEvery = time.Hour

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 10 * time.Minute, Once: true},
		func(ctx context.Context, _ SweepArgs) error {
			_, err := s.Sweep(ctx, access.HouseActor(id.Tenant{}, "delivery"))
			return errors.Join(err, s.sweepArchives(ctx), s.sweepCopies(ctx))
		}, nil)
	q.Every(sweepEvery, SweepArgs{})
}
