// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"log/slog"
)

// quieter lets through what River says from warnings upwards: every few
// seconds it counts its jobs, which metrics do better.
type quieter struct{ slog.Handler }

func (q quieter) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

func (q quieter) WithAttrs(a []slog.Attr) slog.Handler { return quieter{q.Handler.WithAttrs(a)} }

func (q quieter) WithGroup(name string) slog.Handler { return quieter{q.Handler.WithGroup(name)} }
