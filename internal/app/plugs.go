// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/blob/cache"
	"tillgang/internal/blob/dir"
	"tillgang/internal/blob/s3"
	"tillgang/internal/document"
	"tillgang/internal/egress"
	"tillgang/internal/fault"
	"tillgang/internal/httpapi"
	"tillgang/internal/ingest"
	"tillgang/internal/picture"
	"tillgang/internal/sandbox"
)

// reviewer stands in the register for what the operator's settings name.
const reviewer = "configuration"

// openStorage chooses where originals and renditions rest.
func (h *house) openStorage(ctx context.Context) error {
	raw := h.cfg.StorageURL
	if h.localStorage() {
		path := filepath.Join(h.cfg.Data, "blobs")
		if raw != "" {
			u, err := url.Parse(raw)
			if err != nil || !filepath.IsAbs(u.Path) || u.Host != "" {
				return fmt.Errorf("%sSTORAGE_URL: a directory is written dir:///absolute/path", prefix)
			}
			path = u.Path
		}
		if err := os.MkdirAll(path, 0o700); err != nil {
			return fmt.Errorf("make the storage directory: %w", err)
		}
		store, err := dir.Open(path)
		if err != nil {
			return err
		}
		h.store = store
		h.onClose(func(context.Context) error { return store.Close() })
		return nil
	}
	if !strings.HasPrefix(raw, "s3://") {
		return fmt.Errorf("%sSTORAGE_URL must begin with s3:// or dir:///", prefix)
	}
	return h.openS3(ctx)
}

func (h *house) localStorage() bool {
	return h.cfg.StorageURL == "" || strings.HasPrefix(h.cfg.StorageURL, "dir:")
}

// declareStorage puts the S3 storage into the list of destinations, which
// refuses places that nobody allowed. Nothing is sent anywhere yet.
func (h *house) declareStorage() (s3.Config, error) {
	cfg, err := s3.Parse(h.cfg.StorageURL)
	if err != nil {
		return cfg, err
	}
	cfg.AccessKey, cfg.SecretKey = h.cfg.StorageAccessKey.Reveal(), h.cfg.StorageSecretKey
	if cfg.AccessKey == "" || cfg.SecretKey.IsZero() {
		return cfg, fmt.Errorf("%sSTORAGE_ACCESS_KEY and %sSTORAGE_SECRET_KEY must be set for S3 storage", prefix, prefix)
	}
	if h.cfg.StorageCA != "" {
		cfg.CAFile = h.cfg.StorageCA
	}
	d := egress.Destination{
		ID: "storage", Host: cfg.DialHost(), Port: cfg.Port, Purpose: egress.Storage, DataKinds: []string{"originals", "renditions"},
		Country: strings.ToUpper(h.cfg.StorageCountry), Site: h.cfg.StorageSite, Jurisdiction: strings.ToUpper(h.cfg.StorageJurisdiction),
		Reviewer: reviewer, CIDRs: h.cfg.StorageNetworks, Plain: !cfg.Secure,
	}
	if cfg.CAFile != "" {
		if d.CA, err = os.ReadFile(cfg.CAFile); err != nil {
			return cfg, fmt.Errorf("%sSTORAGE_CA cannot be read: %w", prefix, err)
		}
	}
	return cfg, h.gate.Declare(d)
}

func (h *house) openS3(ctx context.Context) error {
	cfg, err := h.declareStorage()
	if err != nil {
		return err
	}
	cfg.Spool = filepath.Join(h.cfg.Data, "spool")
	if err := os.MkdirAll(cfg.Spool, 0o700); err != nil {
		return fmt.Errorf("make the directory for parts of uploads: %w", err)
	}
	store, err := s3.New(cfg, h.gate.Transport(egress.Storage))
	if err != nil {
		return err
	}
	report, err := store.Check(ctx)
	if err != nil {
		return err
	}
	if report.Versioned {
		h.log.LogAttrs(ctx, slog.LevelWarn, "bucket keeps old versions: what is destroyed here stays there until they expire")
	}
	h.store = store
	if h.cfg.StorageCache > 0 {
		c, err := cache.Open(store, filepath.Join(h.cfg.Data, "cache"), cache.Options{Limit: h.cfg.StorageCache, Now: clock, Log: h.log})
		if err != nil {
			return err
		}
		h.store = near{store, c}
		h.onClose(func(context.Context) error { return c.Close() })
	}
	return nil
}

// acmeTransport puts the certificate authority on the list, if there is one.
func (h *house) acmeTransport() (http.RoundTripper, error) {
	if len(h.cfg.ACMEDomains) == 0 {
		return nil, nil
	}
	u, err := url.Parse(h.cfg.ACMEDirectory)
	if err != nil {
		return nil, err
	}
	d := egress.Destination{
		ID: "acme", Host: strings.ToLower(u.Hostname()), Port: orPort(u.Port(), 443), Purpose: egress.ACME,
		DataKinds: []string{"host names"}, Country: strings.ToUpper(h.cfg.ACMECountry), Reviewer: reviewer, CIDRs: h.cfg.ACMENetworks,
	}
	if h.cfg.ACMECA != "" {
		if d.CA, err = os.ReadFile(h.cfg.ACMECA); err != nil {
			return nil, fmt.Errorf("%sACME_CA cannot be read: %w", prefix, err)
		}
	}
	return h.gate.Transport(egress.ACME), h.gate.Declare(d)
}

// openTools makes the sandbox and chooses the picture engine. It runs beside
// the opening of the database and the storage and touches nothing of theirs;
// whoever calls it closes the sandbox.
func (h *house) openTools(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	h.sandbox = sandbox.New(self, filepath.Join(h.cfg.Data, "scratch"), h.log)
	for _, l := range h.sandbox.Layers() {
		if !l.On {
			h.log.LogAttrs(ctx, slog.LevelWarn, "sandbox layer missing", slog.String("layer", l.Name), slog.String("why", l.Why))
		}
	}
	dir, remove, err := h.sandbox.Scratch(ctx)
	if err != nil {
		return err
	}
	defer remove()

	worker := h.worker(ctx, self, dir)
	h.engine = picture.Choose(ctx, h.log, dir, picture.Builtin{Exe: worker, Run: h.runTool}, filepath.Join(filepath.Dir(self), "tillgang-vips"), h.runTool)
	h.documents = document.Reader{Exe: worker, Run: h.runTool, Slow: h.runOffice, Has: h.hasTool}
	if kit := filepath.Join(filepath.Dir(self), "tillgang-office"); h.hasTool(kit) {
		h.documents.Kit = kit
		h.documents.Office, _ = document.FindOffice()
	}
	return nil
}

// worker is the program that the server starts in the sandbox as a part of
// itself: tillgang-worker where it lies beside the server and is of the same
// version, for it starts sooner; otherwise the server's own executable.
func (h *house) worker(ctx context.Context, self, dir string) string {
	beside := filepath.Join(filepath.Dir(self), "tillgang-worker")
	if !h.hasTool(beside) {
		return self
	}
	out, err := h.runTool(ctx, dir, nil, beside, "version")
	if said := strings.TrimSpace(string(out)); err == nil && said != Version {
		err = fmt.Errorf("it is of version %q", said)
	}
	if err == nil {
		err = h.sandbox.StageBy(beside)
	}
	if err != nil {
		h.log.WarnContext(ctx, "tillgang-worker is not used; files are read by the server's own executable, which takes longer to start", slog.Any("reason", err))
		return self
	}
	return beside
}

// pageMakers make what stands in for documents and fonts.
func (h *house) pageMakers() []ingest.Maker {
	return []ingest.Maker{
		{
			Name:  "office",
			Reads: func(mediaType string) bool { return h.documents.Converts(mediaType) && h.engine.Reads(picture.TypePDF) },
			Make: func(ctx context.Context, of ingest.Original) (ingest.StandIn, error) {
				path, err := h.documents.ToPDF(ctx, of.Dir, of.Path, of.MediaType)
				return ingest.StandIn{Path: path, MediaType: picture.TypePDF, Origin: ingest.Converted}, err
			},
		},
		{
			Name:  "font_specimen",
			Reads: document.IsFont,
			Make: func(_ context.Context, of ingest.Original) (ingest.StandIn, error) {
				return ingest.StandIn{Path: document.Specimen(of.Dir), MediaType: picture.TypePNG, Origin: ingest.Converted}, nil
			},
		},
	}
}

// hasTool reports whether the machine has a program.
func (h *house) hasTool(tool string) bool {
	_, err := h.sandbox.Find(tool)
	return err == nil
}

// runOffice starts LibreOffice in the sandbox: it maps more memory than other
// tools before it has read anything, and may use two minutes.
func (h *house) runOffice(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
	r, err := h.sandbox.Run(ctx, sandbox.Task{
		Dir: dir, Read: inputs, Argv: argv, Env: []string{"GODEBUG=asyncpreemptoff=1"}, // LibreOffice's handlers of signals and Go's do not agree
		Limits: sandbox.Limits{Memory: 4 << 30, CPU: 120 * time.Second, Wall: 120 * time.Second},
	})
	return r.Stdout, err
}

// runTool starts a program in the sandbox for the tools that want one.
func (h *house) runTool(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
	r, err := h.sandbox.Run(ctx, sandbox.Task{Dir: dir, Read: inputs, Argv: argv})
	return r.Stdout, err
}

// runNeeded is runTool for what a person asked for: a program that the machine
// lacks is named.
func (h *house) runNeeded(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
	out, err := h.runTool(ctx, dir, inputs, argv...)
	if errors.Is(err, sandbox.ErrNoTool) {
		err = &fault.Error{
			Kind: fault.Unavailable, Code: "tool.missing", Err: err,
			Text: "This server lacks the program " + argv[0] + ", which this needs. Its operator can install it; tillgang doctor says how.",
		}
	}
	return out, err
}

func orPort(s string, def int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return def
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}

// destinations is the register as the API and doctor show it.
func (h *house) destinations() httpapi.DestinationList {
	out := httpapi.DestinationList{Countries: h.cfg.Countries}
	counts := h.gate.Counts()
	for _, to := range h.gate.Destinations() {
		d := httpapi.Destination{Name: to.ID, Host: to.Host, Port: to.Port, Purpose: string(to.Purpose), Country: to.Country, Jurisdiction: to.Jurisdiction}
		if to.Site != "" {
			d.Site = &to.Site
		}
		for _, c := range counts {
			if c.Destination == to.ID {
				d.Connections, d.BytesOut, d.BytesIn, d.Refused = d.Connections+c.Connections, d.BytesOut+c.BytesOut, d.BytesIn+c.BytesIn, d.Refused+c.Refused
			}
		}
		out.Items = append(out.Items, d)
	}
	return out
}
