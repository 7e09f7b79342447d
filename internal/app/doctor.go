// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/pg"
)

// finding is one thing that doctor looked at.
type finding struct {
	level, what, text string // level: ok, note, warn or FAIL
}

// doctorCommand looks at the installation and says what is wrong and how to
// mend it. It fails when something must be mended.
func doctorCommand(ctx context.Context, cfg Config, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	onlyAudit := flags.Bool("audit", false, "only verify the chain of the log of deeds, of every tenant")
	if err := flags.Parse(args); err != nil {
		return err
	}
	h, err := open(ctx, cfg, quiet(), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(context.WithoutCancel(ctx))) }()
	var found []finding
	if !*onlyAudit {
		found = append(found, h.examineDatabase(ctx)...)
		found = append(found, h.examineStorage(ctx)...)
		found = append(found, h.examineSandbox()...)
		found = append(found, h.examineTools()...)
		found = append(found, h.examineScanner(ctx)...)
		found = append(found, h.examineMail(ctx)...)
		found = append(found, h.examineDoors()...)
		contacts, err := h.examineContacts(ctx)
		if err != nil {
			return err
		}
		found = append(found, contacts...)
	}
	log, err := h.examineAudit(ctx)
	if err != nil {
		return err
	}
	found = append(found, log...)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	bad := 0
	for _, f := range found {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", f.level, f.what, f.text)
		if f.level == "FAIL" {
			bad++
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d things must be mended", bad)
	}
	return nil
}

const sqlRole = `
	select current_user, (select rolsuper or rolbypassrls from pg_roles where rolname = current_user), current_setting('server_version')`

func (h *house) examineDatabase(ctx context.Context) []finding {
	var role, version string
	var strong bool
	if err := h.db.Pool().QueryRow(ctx, sqlRole).Scan(&role, &strong, &version); err != nil {
		return []finding{{"FAIL", "database", explain(pg.Fault(err))}}
	}
	out := []finding{{"ok", "database", "Postgres " + version + ", working as " + role}}
	if strong {
		out = append(out, finding{"FAIL", "database", "the role " + role + " can bypass row level security: make it an ordinary role"})
	}
	if h.cluster != nil || h.cfg.DatabaseURL.IsZero() {
		out = append(out, finding{"note", "database", "private, in the data directory: one machine, and a backup of that directory is the only copy"})
	}
	return out
}

func (h *house) examineStorage(ctx context.Context) []finding {
	var out []finding
	if err := h.store.Probe(ctx); err != nil {
		out = append(out, finding{"FAIL", "storage", explain(err)})
	} else {
		out = append(out, finding{"ok", "storage", "written, read and deleted again"})
	}
	for _, d := range h.destinations().Items {
		text := fmt.Sprintf("%s for %s: country %s, operator under the law of %s", d.Host, d.Purpose, d.Country, d.Jurisdiction)
		if d.Site != nil {
			text += ", site " + *d.Site
		}
		out = append(out, finding{"ok", "destination", text})
	}
	if h.cfg.StorageSite == "" && h.localStorage() {
		out = append(out, finding{"warn", "storage", "files rest on this machine and nobody has said where it stands: set " + prefix + "STORAGE_SITE and " + prefix + "STORAGE_COUNTRY"})
	}
	return out
}

func (h *house) examineSandbox() []finding {
	var out []finding
	for _, l := range h.sandbox.Layers() {
		level := "ok"
		if !l.On {
			level = "warn"
		}
		out = append(out, finding{level, "sandbox " + l.Name, l.Why})
	}
	return out
}

func (h *house) examineTools() []finding {
	out := []finding{{"ok", "pictures", "engine " + h.engine.Name()}}
	for _, t := range []struct{ tool, loss string }{
		{"ffmpeg", "films get no poster: install ffmpeg"},
		{"ffprobe", "films and sound get no duration: install ffmpeg"},
		{"pdftotext", "PDF documents are not searched: install poppler-utils"},
	} {
		if _, err := h.sandbox.Find(t.tool); err != nil {
			out = append(out, finding{"warn", t.tool, t.loss})
		} else {
			out = append(out, finding{"ok", t.tool, "found"})
		}
	}
	switch {
	case h.documents.Kit == "":
		out = append(out, finding{"warn", "office", "the program tillgang-office does not lie beside this one: office documents are searched and have no preview"})
	case h.documents.Office == "":
		out = append(out, finding{"warn", "office", "LibreOffice is missing: office documents are searched and have no preview, and older ones are not searched; install libreoffice-writer-nogui, libreoffice-calc-nogui and libreoffice-impress-nogui"})
	default:
		out = append(out, finding{"ok", "office", "LibreOffice in " + h.documents.Office})
	}
	return out
}

func (h *house) examineDoors() []finding {
	if h.cfg.TLSCert == "" && len(h.cfg.ACMEDomains) == 0 {
		if host, _, _ := cutPort(h.cfg.Listen); !isLoopback(host) && len(h.cfg.TrustedProxies) == 0 {
			return []finding{{"warn", "tls", "the server listens beyond this machine without TLS: set " + prefix + "TLS_CERT, " + prefix + "ACME_DOMAINS, or " + prefix + "TRUSTED_PROXIES if a proxy ends TLS"}}
		}
		return []finding{{"ok", "tls", "ended by somebody else, or not needed on this machine"}}
	}
	certs, err := newCertificates(h.cfg, nil, h.log)
	if err != nil {
		return []finding{{"FAIL", "tls", err.Error()}}
	}
	if certs.leaf() == nil {
		return []finding{{"warn", "tls", "no certificate has been got yet: it is asked for when the server starts"}}
	}
	if list := certs.warnings(clock()); len(list) > 0 {
		level := "warn"
		if certs.days(clock()) < 1 {
			level = "FAIL"
		}
		return []finding{{level, "tls", strings.Join(list, "; ")}}
	}
	return []finding{{"ok", "tls", "the certificate holds until " + certs.leaf().NotAfter.Format("2006-01-02")}}
}

func (h *house) examineAudit(ctx context.Context) ([]finding, error) {
	tenants, err := h.accounts.Tenants(ctx, access.Actor{Kind: access.House, ID: "doctor", Own: access.Grant{Everywhere: access.All}, Scope: access.All})
	if err != nil {
		return nil, err
	}
	var out []finding
	for _, t := range tenants {
		r, err := h.audit.Verify(ctx, access.HouseActor(t.ID, "doctor"))
		switch {
		case err != nil:
			return nil, err
		case r.Breach == audit.Whole:
			out = append(out, finding{"ok", "log of " + t.Slug, fmt.Sprintf("%d deeds, the chain is whole", r.Checked)})
		default:
			out = append(out, finding{"FAIL", "log of " + t.Slug, fmt.Sprintf("the chain is broken at deed %d: %s", r.At, r.Breach)})
		}
	}
	return out, nil
}
