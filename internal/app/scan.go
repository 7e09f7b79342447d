// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"tillgang/internal/egress"
	"tillgang/internal/scan"
)

// openScanner returns the configured scanner, or nil without one.
func (h *house) openScanner() (*scan.Scanner, error) {
	if h.cfg.ScanURL == "" {
		return nil, nil
	}
	u, err := url.Parse(h.cfg.ScanURL)
	wrong := fmt.Errorf("%sSCAN_URL must be unix:///path/of/clamd.ctl or tcp://host:3310", prefix)
	if err != nil {
		return nil, wrong
	}
	network, addr := u.Scheme, ""
	switch {
	case network == "unix" && u.Host == "" && filepath.IsAbs(u.Path):
		addr = u.Path
	case network == "tcp" && u.Hostname() != "" && strings.Trim(u.Path, "/") == "":
		host, port := strings.ToLower(u.Hostname()), orPort(u.Port(), 3310)
		addr = net.JoinHostPort(host, fmt.Sprint(port))
		d := egress.Destination{
			ID: "scan", Host: host, Port: port, Purpose: egress.Scan, DataKinds: []string{"originals"},
			Country: strings.ToUpper(h.cfg.ScanCountry), Reviewer: reviewer, CIDRs: h.cfg.ScanNetworks, Plain: true,
		}
		if err := h.gate.Declare(d); err != nil {
			return nil, err
		}
	default:
		return nil, wrong
	}
	dial := h.gate.Dial(egress.Scan)
	return scan.New(func(ctx context.Context) (net.Conn, error) { return dial(ctx, network, addr) }, h.cfg.ScanWindow), nil
}

// scanFile asks the scanner in the form that ingest wants.
func (h *house) scanFile(ctx context.Context, r io.Reader) (found string, parts bool, err error) {
	v, err := h.scanner.Scan(ctx, r)
	return v.Found, v.Partly, err
}

func (h *house) examineScanner(ctx context.Context) []finding {
	if h.scanner == nil {
		return []finding{{"note", "virus scan", "none: set " + prefix + "SCAN_URL to have every file scanned"}}
	}
	version, err := h.scanner.Version(ctx)
	if err != nil {
		return []finding{{"FAIL", "virus scan", explain(err)}}
	}
	return []finding{{"ok", "virus scan", version}}
}
