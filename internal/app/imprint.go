// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/imprint"
	"tillgang/internal/pg"
)

// digest stands for what imprint would write into a copy of an asset now.
func (h *house) digest(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset, policy string) (string, error) {
	a, err := h.assets.GetTx(ctx, tx, who, of)
	if err != nil {
		return "", err
	}
	return a.Statement().Digest(imprint.Policy(policy)), nil
}

// imprint writes what the archive says of an asset into a copy that was made of
// it, in place: with the archive's own writer where it knows the format, else
// with exiftool in the sandbox.
func (h *house) imprint(ctx context.Context, who access.Actor, of id.Asset, policy, path, mediaType string) error {
	a, err := h.assets.Get(ctx, who, of)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if !imprint.Writes(mediaType) {
		made, err := imprint.Tool{Run: h.runTool}.Copy(ctx, dir, path, mediaType, a.Statement(), imprint.Policy(policy))
		if err != nil {
			return err
		}
		return os.Rename(made, path)
	}
	from, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("imprint a copy: %w", err)
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(path+".imprint", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("imprint a copy: %w", err)
	}
	err = imprint.Write(to, from, mediaType, a.Statement(), imprint.Policy(policy))
	if e := to.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("imprint a copy: %w", err)
	}
	return os.Rename(path+".imprint", path)
}
