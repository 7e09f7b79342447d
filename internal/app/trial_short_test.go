// SPDX-License-Identifier: Apache-2.0

//go:build !trial

package app

import "time"

// The trial inside `make test`; `make trial` runs the whole one.
var trialSize = trialScale{files: 60, zip: 20, kills: 10 * time.Second, calm: 8 * time.Second, workKills: 1, rate: 4 << 20}
