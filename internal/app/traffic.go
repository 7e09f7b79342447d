// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/egress"
	"tillgang/internal/id"
)

// countEvery is how often the gate's counts go to the database. A process that
// is killed loses the counts of so long.
const countEvery = time.Minute

// keepTraffic brings the gate's counts to the register until the context ends;
// the last of them go when the house closes.
func (h *house) keepTraffic(ctx context.Context) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := h.drainTraffic(ctx); err != nil && ctx.Err() == nil {
				h.log.LogAttrs(ctx, slog.LevelWarn, "what went to destinations was not written down; it is counted on", slog.Any("error", err))
			}
			if err := h.flushCounts(ctx); err != nil && ctx.Err() == nil {
				h.log.LogAttrs(ctx, slog.LevelWarn, "searches were not counted yet", slog.Any("error", err))
			}
		}
	}
}

// drainTraffic brings the gate's counts to the register.
func (h *house) drainTraffic(ctx context.Context) error {
	return h.gate.Drain(func(counts []egress.Count) error {
		list := make([]audit.Traffic, len(counts))
		for i, c := range counts {
			list[i] = audit.Traffic{
				Destination: c.Destination, Purpose: string(c.Purpose), Day: c.Hour, Connections: c.Connections,
				BytesOut: c.BytesOut, BytesIn: c.BytesIn, Refused: c.Refused,
			}
		}
		return h.audit.KeepTraffic(ctx, access.HouseActor(id.Tenant{}, "egress"), list)
	})
}

// flushCounts brings what was counted as it happened to the statistics.
func (h *house) flushCounts(ctx context.Context) error {
	return h.statistics.Flush(ctx, access.HouseActor(id.Tenant{}, "statistics"))
}
