// SPDX-License-Identifier: Apache-2.0

//go:build linux && !amd64 && !arm64

package sandbox

import "errors"

// filter reports that there is none for this processor.
func filter(bool) error { return errors.New("there is no filter for this processor") }
