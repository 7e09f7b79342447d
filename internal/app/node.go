// SPDX-License-Identifier: Apache-2.0

package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// mostNodes is how many processes of one data directory are told apart.
const mostNodes = 64

// claimNode gives this process a name that no other living process of the data
// directory has, and which one that was killed may have had: then what that one
// had in hand is in nobody's. The name is in a file whose lock ends with the
// process, however that ends. Empty: all names are taken.
func claimNode(data string) (name string, free func(), err error) {
	dir := filepath.Join(data, "nodes")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("make the directory of nodes: %w", err)
	}
	for i := range mostNodes {
		name, f, err := lockNode(filepath.Join(dir, fmt.Sprint(i)))
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return "", nil, fmt.Errorf("claim a node's name: %w", err)
		}
		return name, func() { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN); _ = f.Close() }, nil
	}
	return "", func() {}, nil
}

func lockNode(path string) (name string, f *os.File, err error) {
	f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return "", nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, 100))
	if err != nil {
		return "", nil, err
	}
	if name = string(b); len(name) == 12 { // else it died while it wrote
		return name, f, nil
	}
	name = strings.ToLower(rand.Text()[:12])
	if err := f.Truncate(0); err != nil {
		return "", nil, err
	}
	_, err = f.WriteAt([]byte(name), 0)
	return name, f, err
}
