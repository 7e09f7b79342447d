// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"net/netip"

	"tillgang/internal/fault"
)

// Pace counts what strangers may do to a thing only so often: most times within
// 15 minutes from one network. After that the fault is of kind TooMany.
func (p Passwords) Pace(ctx context.Context, thing string, from netip.Addr, most int) error {
	_, err := p.s.reserve(ctx, &bucket{p.s.mac("pace", thing, Network(from).String()), most, false})
	f := fault.As(err)
	if err == nil || f.Kind != fault.TooMany {
		return err
	}
	return &fault.Error{
		Kind: fault.TooMany, Code: "account.pace", RetryAfter: f.RetryAfter,
		Text: "This was done too often in a short time. Wait and try again.",
	}
}
