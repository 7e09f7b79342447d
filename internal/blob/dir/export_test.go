// SPDX-License-Identifier: Apache-2.0

package dir

// Told lets the test see what an error of the disk becomes.
func Told(s *Store, err error) error { return s.told(err) }

// SaveEvery has the store save stages more often than tests have bytes for.
func SaveEvery(s *Store, bytes int64) { s.checkpoint = bytes }
