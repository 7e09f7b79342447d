// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"tillgang/internal/blob/dir"
	"tillgang/internal/work"
)

// place tells administrators where files rest, as doctor would.
func (h *house) place(ctx context.Context) work.Place {
	p := work.Place{
		Kind: "s3", Country: strings.ToUpper(h.cfg.StorageCountry), Site: h.cfg.StorageSite, Jurisdiction: strings.ToUpper(h.cfg.StorageJurisdiction),
	}
	if h.localStorage() {
		p.Kind, p.Where = "directory", filepath.Join(h.cfg.Data, "blobs")
	}
	if u, err := url.Parse(h.cfg.StorageURL); err == nil && h.cfg.StorageURL != "" {
		p.Where = u.Path
		if !h.localStorage() {
			p.Where = u.Host + u.Path
			if to, err := url.Parse(u.Query().Get("endpoint")); err == nil && to.Host != "" {
				p.Where += " at " + to.Host
			}
		}
	}
	for _, to := range h.destinations().Items { // what was looked up there is truer than what was set
		if to.Name == "storage" {
			p.Country, p.Jurisdiction, p.Site = to.Country, to.Jurisdiction, deref(to.Site)
		}
	}
	if d, ok := h.store.(*dir.Store); ok {
		if free, size, err := d.Space(); err == nil {
			p.Free, p.Size = free, size
		}
	}
	for _, list := range [][]finding{h.examineStorage(ctx), h.examineDatabase(ctx), h.examineSandbox(), h.examineTools(), h.examineScanner(ctx)} {
		for _, f := range list {
			if f.what == "storage" && f.level == "FAIL" {
				p.Reason = f.text
			}
			p.Findings = append(p.Findings, work.Finding{Level: strings.ToLower(f.level), What: f.what, Text: f.text})
		}
	}
	return p
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
