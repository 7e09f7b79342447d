// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package dir

import "os"

// read opens a file for reading.
func (s *Store) read(name string) (*os.File, error) { return s.root.Open(name) }
