// SPDX-License-Identifier: Apache-2.0

//go:build trial

package app

import "time"

// The whole trial: `make trial`.
var trialSize = trialScale{files: 1000, zip: 300, kills: 20 * time.Second, calm: 90 * time.Second, workKills: 6, rate: 8 << 20}
