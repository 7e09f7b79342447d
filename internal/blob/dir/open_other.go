// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package dir

import "os"

// openBelow opens a file for reading.
func (s *Store) openBelow(name string) (*os.File, error) { return s.root.Open(name) }
