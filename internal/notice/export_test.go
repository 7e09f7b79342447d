// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"

	"tillgang/internal/pg"
)

// Again enqueues a mail's job once more.
func (s *Service) Again(ctx context.Context, tx pg.Tx, a MailArgs) error {
	return s.jobs.Enqueue(ctx, tx, a)
}
