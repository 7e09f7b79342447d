// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"strings"

	"tillgang/internal/blob"
)

// near is a remote store with a disk cache for what is small and asked for
// again and again. Originals leave through tickets and are read from where
// they rest.
type near struct {
	blob.Stager            // for all else
	cache       blob.Store // in front of the same store
}

func (n near) of(key blob.Key) blob.Store {
	if strings.HasPrefix(string(key), "renditions/") {
		return n.cache
	}
	return n.Stager
}

// Open implements blob.Store.
func (n near) Open(ctx context.Context, key blob.Key) (blob.Reader, error) {
	return n.of(key).Open(ctx, key)
}

// OpenRange implements blob.Store.
func (n near) OpenRange(ctx context.Context, key blob.Key, offset, length int64) (blob.Reader, error) {
	return n.of(key).OpenRange(ctx, key, offset, length)
}

// Delete implements blob.Store.
func (n near) Delete(ctx context.Context, key blob.Key) error { return n.of(key).Delete(ctx, key) }
