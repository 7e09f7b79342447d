// SPDX-License-Identifier: Apache-2.0

package app

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tillgang/internal/secret"
)

// masterSecret returns the configured secret, or the one kept in the data
// directory, made at the first start and readable by its owner only.
func masterSecret(cfg Config) (secret.Text, error) {
	if !cfg.Secret.IsZero() {
		return cfg.Secret, nil
	}
	path := filepath.Join(cfg.Data, "secret")
	b, err := os.ReadFile(path)
	switch {
	case err == nil:
		s := secret.New(string(b))
		if len(s.Reveal()) < 32 {
			return s, fmt.Errorf("%s is too short to be the server's secret: restore it from your backup", path)
		}
		return s, nil
	case !errors.Is(err, fs.ErrNotExist):
		return secret.Text{}, fmt.Errorf("read the server's secret: %w", err)
	}
	s := secret.Token()
	// Whole or not at all: two processes may start at the same moment.
	tmp, err := os.CreateTemp(cfg.Data, "secret-*")
	if err != nil {
		return secret.Text{}, fmt.Errorf("keep the server's secret: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(s + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Link(tmp.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		return masterSecret(cfg)
	}
	if err != nil {
		return secret.Text{}, fmt.Errorf("keep the server's secret: %w", err)
	}
	return secret.New(s), nil
}

// derive makes the 32-byte key for one use from the master secret (RFC 5869).
func derive(master secret.Text, use string) []byte {
	k, err := hkdf.Key(sha256.New, []byte(master.Reveal()), nil, "tillgang "+use, 32)
	if err != nil {
		panic("app: " + err.Error()) // only for lengths that SHA-256 cannot give
	}
	return k
}
