// SPDX-License-Identifier: Apache-2.0

package search

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"tillgang/internal/id"
)

// Limits of what is known.
const (
	knownFor = 30 * time.Second
	maxKnown = 10_000
)

// known remembers for half a minute how many rows there are of something, where
// that takes long to find out and is only steered by, or said as "at least".
// The zero value knows nothing. It is safe for concurrent use.
type known struct {
	mu sync.Mutex
	at map[key]number
}

type key [sha256.Size]byte

type number struct {
	n     float64
	until time.Time
}

// about names the assets of a kind under acls, in folders if in.
func (sc *scope) about(what string, in bool) key {
	h := sha256.New()
	_, _ = h.Write([]byte(what + "\x00" + string(sc.Kind) + "\x00"))
	tenant := sc.tenant.UUID()
	_, _ = h.Write(tenant[:])
	_ = binary.Write(h, binary.LittleEndian, sc.acls)
	if in && sc.inFolders {
		_, _ = h.Write([]byte{0})
		for _, f := range id.Raw(sc.folders) {
			_, _ = h.Write(f[:])
		}
	}
	return key(h.Sum(nil))
}

func (k *known) get(of key, now time.Time) (float64, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.at[of]
	return v.n, ok && now.Before(v.until)
}

func (k *known) put(of key, n float64, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at == nil || len(k.at) >= maxKnown {
		k.at = map[key]number{}
	}
	k.at[of] = number{n, now.Add(knownFor)}
}
