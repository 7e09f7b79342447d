// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/id"
)

// watchEvery is how often the server looks at itself to tell of disturbances.
const watchEvery = 10 * time.Minute

// keepWatch tells the contacts for disturbances what /readyz says, until the
// context ends.
func (h *house) keepWatch(ctx context.Context, watch *health) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if err := h.tellDisturbances(ctx, watch); err != nil && ctx.Err() == nil {
			h.log.LogAttrs(ctx, slog.LevelWarn, "nobody was told of a disturbance", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tellDisturbances tells every tenant of what is wrong now: of each thing once a
// day, of a certificate near its end three weeks, one week and a day before.
func (h *house) tellDisturbances(ctx context.Context, watch *health) error {
	now := clock()
	today := now.Format(time.DateOnly)
	var names []string
	for _, of := range slices.Sorted(maps.Keys(watch.check(ctx))) {
		names = append(names, of+" "+today)
	}
	if len(watch.alarm()) > 0 {
		names = append(names, "alarm "+today)
	}
	if watch.certs != nil && watch.certs.leaf() != nil {
		for _, days := range []int{1, 7, 21} {
			if watch.certs.days(now) < float64(days) {
				names = append(names, fmt.Sprintf("certificate %s %d", watch.certs.leaf().NotAfter.UTC().Format(time.DateOnly), days))
				break
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	tenants, err := h.accounts.Tenants(ctx, access.HouseActor(id.Tenant{}, "watch"))
	if err != nil {
		return err
	}
	for _, t := range tenants {
		for _, name := range names {
			if err := h.notices.Disturbed(ctx, access.HouseActor(t.ID, "watch"), name); err != nil {
				return err
			}
		}
	}
	return nil
}
