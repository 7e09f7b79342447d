// SPDX-License-Identifier: Apache-2.0

package dir

import "syscall"

// Space tells how many bytes the file system that the store is in has free for
// the server, and how many in all.
func (s *Store) Space() (free, size int64, err error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.abs, &fs); err != nil {
		return 0, 0, err
	}
	block := int64(fs.Bsize)                                       //nolint:unconvert,nolintlint // its type is the system's
	return int64(fs.Bavail) * block, int64(fs.Blocks) * block, nil //nolint:gosec // G115: no file system has 2^63 bytes
}
