// SPDX-License-Identifier: Apache-2.0

package dir

// Told lets the test see what an error of the disk becomes.
func Told(s *Store, err error) error { return s.told(err) }
