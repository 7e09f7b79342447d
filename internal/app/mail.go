// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/egress"
	"tillgang/internal/mail"
	"tillgang/internal/secret"
)

// openMail returns the configured mail server's client, or nil without one.
func (h *house) openMail() (*mail.Sender, error) {
	if h.cfg.MailURL.IsZero() {
		return nil, nil
	}
	u, err := url.Parse(h.cfg.MailURL.Reveal())
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, fmt.Errorf("%sMAIL_URL must be smtp://user:password@host:587 or smtps://user:password@host:465; signs such as @ in the password are written %%40", prefix)
	}
	cfg := mail.Config{Host: strings.ToLower(u.Hostname()), Port: orPort(u.Port(), 587), From: h.cfg.MailFrom, FromName: h.cfg.MailFromName, Dial: h.gate.Dial(egress.Mail)}
	if u.Scheme == "smtps" {
		cfg.Port, cfg.Security = orPort(u.Port(), 465), mail.TLS
	}
	if u.User != nil {
		password, _ := u.User.Password()
		cfg.User, cfg.Password = u.User.Username(), secret.Exactly(password)
	}
	switch u.Query().Get("tls") {
	case "":
	case "none":
		if u.Scheme == "smtps" || !isLoopback(cfg.Host) && (len(h.cfg.MailNetworks) == 0 || cfg.User != "") {
			return nil, fmt.Errorf("%sMAIL_URL says tls=none, which is only for a mail server on this machine, or without a password for one in %sMAIL_NETWORKS", prefix, prefix)
		}
		cfg.Security = mail.Plain
	default:
		return nil, fmt.Errorf("%sMAIL_URL: tls can only be none", prefix)
	}
	if base, err := url.Parse(h.cfg.BaseURL); err == nil {
		cfg.Hello = base.Hostname()
	}
	d := egress.Destination{
		ID: "mail", Host: cfg.Host, Port: cfg.Port, Purpose: egress.Mail, DataKinds: []string{"addresses", "notices without content"},
		Country: strings.ToUpper(h.cfg.MailCountry), Jurisdiction: strings.ToUpper(h.cfg.MailJurisdiction), Site: h.cfg.MailSite,
		Reviewer: reviewer, CIDRs: h.cfg.MailNetworks, Plain: cfg.Security == mail.Plain,
	}
	if h.cfg.MailCA != "" {
		if d.CA, err = os.ReadFile(h.cfg.MailCA); err != nil {
			return nil, fmt.Errorf("%sMAIL_CA cannot be read: %w", prefix, err)
		}
	}
	if err := h.gate.Declare(d); err != nil {
		return nil, err
	}
	cfg.TLS = func() (*tls.Config, error) { return h.gate.TLS(egress.Mail, cfg.Host, cfg.Port) }
	out, err := mail.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("%sMAIL_FROM: %w", prefix, err)
	}
	return out, nil
}

func (h *house) examineMail(ctx context.Context) []finding {
	if h.mail == nil {
		return []finding{{"note", "mail", "none: notices stay in the app and invitations are links to pass on; set " + prefix + "MAIL_URL and " + prefix + "MAIL_FROM to send mail"}}
	}
	if err := h.mail.Probe(ctx); err != nil {
		if e, ok := errors.AsType[*mail.Error](err); ok {
			err = e.Fault()
		}
		return []finding{{"FAIL", "mail", explain(err)}}
	}
	return []finding{{"ok", "mail", "the mail server lets us in"}}
}

// examineContacts says which contacts each tenant lacks, and which nobody has
// confirmed for a year.
func (h *house) examineContacts(ctx context.Context) ([]finding, error) {
	tenants, err := h.accounts.Tenants(ctx, access.Actor{Kind: access.House, ID: "doctor", Own: access.Grant{Everywhere: access.All}, Scope: access.All})
	if err != nil {
		return nil, err
	}
	var out []finding
	for _, t := range tenants {
		list, err := h.accounts.Contacts(ctx, access.HouseActor(t.ID, "doctor"))
		if err != nil {
			return nil, err
		}
		known := map[account.ContactRole]account.Contact{}
		for _, c := range list {
			known[c.Role] = c
		}
		var missing, old []string
		for _, role := range account.ContactRoles {
			c, ok := known[role]
			switch {
			case !ok:
				missing = append(missing, string(role))
			case clock().Sub(c.ConfirmedAt) > account.ReviewEvery:
				old = append(old, string(role))
			}
		}
		name := "contacts of " + t.Slug
		switch {
		case len(missing) > 0:
			out = append(out, finding{"warn", name, "nobody is named for " + strings.Join(missing, ", ") + ": an administrator does it under Settings, Contacts"})
		case len(old) > 0:
			out = append(out, finding{"warn", name, "nobody has confirmed for a year: " + strings.Join(old, ", ")})
		default:
			out = append(out, finding{"ok", name, "named and confirmed"})
		}
	}
	return out, nil
}
