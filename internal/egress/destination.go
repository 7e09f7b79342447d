// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"tillgang/internal/fault"
)

// Purpose is why a connection is made. Each has its own list of destinations.
type Purpose string

// The purposes. What has none is not dialled.
const (
	Storage       Purpose = "storage"
	Database      Purpose = "database"
	Backup        Purpose = "backup"
	Mail          Purpose = "mail"
	SMS           Purpose = "sms"
	Scan          Purpose = "scan"          // malware scanner
	Signin        Purpose = "signin"        // OIDC, SAML and other identity providers
	EID           Purpose = "eid"           // BankID and its kin
	Transcription Purpose = "transcription" // speech to text
	Webhook       Purpose = "webhook"
	Purge         Purpose = "purge" // of a CDN
	ACME          Purpose = "acme"  // certificates
	Update        Purpose = "update"
	Archive       Purpose = "archive"
)

// purposes says what is special about each.
var purposes = map[Purpose]struct {
	rests   bool // files or data rest there: country, site and jurisdiction must be declared
	private bool // may be a server of the organisation's own network
	empty   bool // carries neither content nor personal data, so that its country is recorded and not ruled
}{
	Storage:       {rests: true, private: true},
	Database:      {rests: true, private: true},
	Backup:        {rests: true, private: true},
	Archive:       {rests: true, private: true},
	Mail:          {private: true},
	Scan:          {private: true},
	Signin:        {private: true},
	SMS:           {},
	EID:           {},
	Transcription: {},
	Webhook:       {},
	Purge:         {},
	ACME:          {private: true, empty: true}, // an organisation may have an authority of its own
	Update:        {empty: true},
}

// Destination is one entry of the reviewed list: a server that may be talked
// to, for one purpose, and what is known of it. What it says of places is
// somebody's statement, not a finding of this program.
type Destination struct {
	ID           string // stable, for counts and registers: "storage"
	Host         string // exact host name or address, lower case; never a pattern
	Port         int
	Purpose      Purpose
	DataKinds    []string  // what is sent: "originals", "addresses", …
	Country      string    // where the server stands: ISO 3166-1 alpha-2
	Jurisdiction string    // whose law binds its operator: ISO 3166-1 alpha-2
	Site         string    // town or building
	Statement    string    // the document that says so, with its date
	Reviewer     string    // who put it on the list; "configuration" for what the operator's settings name
	ReviewedAt   time.Time // zero: when it was declared

	Private bool           // may resolve to addresses of private networks and this machine
	CIDRs   []netip.Prefix // must resolve into these; parts of private networks only
	Plain   bool           // HTTP without TLS is right; only with Private or CIDRs
	CA      []byte         // PEM: authorities to trust for this host beside the system's; may be nil
}

// Codes of the faults of Declare, all fault.Invalid.
const (
	CodeInvalid       = "egress.invalid"       // malformed
	CodeUndeclared    = "egress.undeclared"    // where data would rest is not declared
	CodeCountry       = "egress.country"       // outside the countries of the policy
	CodeContradiction = "egress.contradiction" // the declaration differs from what the provider documents
)

var (
	country  = regexp.MustCompile(`^[A-Z]{2}$`)
	hostname = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// check completes d from the presets and says what speaks against it.
func (d *Destination) check(countries []string) error {
	rule, known := purposes[d.Purpose]
	_, notAddress := netip.ParseAddr(d.Host)
	switch {
	case d.ID == "" || !known:
		return d.invalid("needs an ID and a known purpose")
	case notAddress != nil && (len(d.Host) > 253 || !hostname.MatchString(d.Host)):
		return d.invalid("needs one exact host name in lower case (internationalised names in their xn-- form, no patterns)")
	case d.Port < 1 || d.Port > 65535:
		return d.invalid("needs a port between 1 and 65535")
	case d.Reviewer == "":
		return d.invalid("needs a reviewer: who put it on the list")
	}
	if onMachine(d.Host) && len(d.CIDRs) == 0 {
		d.CIDRs = loopback
	}
	if len(d.CIDRs) > 0 || d.Private {
		if !rule.private {
			return d.invalid(fmt.Sprintf("is for %q, which is never found in a private network", d.Purpose))
		}
		for _, p := range d.CIDRs {
			if !inside(p, own) {
				return d.invalid(fmt.Sprintf("has %s, which is not part of a private network", p))
			}
		}
	} else if d.Plain {
		return d.invalid("is public and must use TLS")
	}
	if a, err := netip.ParseAddr(d.Host); err == nil && !d.permits(a) {
		return d.invalid("is a special or private address; declare its network if that is meant")
	}
	if onMachine(d.Host) {
		return nil // what is on this machine stands where the machine stands
	}
	if err := d.known(); err != nil {
		return err
	}
	return d.place(rule.rests, rule.empty, countries)
}

// known compares d with what its provider documents.
func (d *Destination) known() error {
	p, ok := PresetFor(d.Host)
	if !ok {
		return nil
	}
	for _, c := range []struct {
		what     string
		declared *string
		says     string
	}{{"country", &d.Country, p.Country}, {"operator's jurisdiction", &d.Jurisdiction, p.Jurisdiction}} {
		if *c.declared == "" {
			*c.declared = c.says
		}
		if *c.declared != c.says {
			return fault.New(fault.Invalid, CodeContradiction, fmt.Sprintf(
				"%s is declared with %s %s, but %s documents %s. Correct the setting, or choose another endpoint.",
				d.Host, c.what, *c.declared, p.Provider, c.says))
		}
	}
	if d.Site == "" {
		d.Site = p.Site
	}
	if d.Statement == "" {
		d.Statement = p.Source
	}
	return nil
}

// place checks what is declared of where the server stands.
func (d *Destination) place(rests, empty bool, countries []string) error {
	setting := "TILLGANG_" + strings.ToUpper(string(d.Purpose)) + "_"
	missing := map[string]string{}
	if d.Country == "" {
		missing[setting+"COUNTRY"] = "the country where the server stands, as in SE"
	}
	if rests && d.Site == "" {
		missing[setting+"SITE"] = "the town or building where the server stands"
	}
	if rests && d.Jurisdiction == "" {
		missing[setting+"JURISDICTION"] = "the country whose law binds the server's operator, as in SE"
	}
	if len(missing) > 0 {
		names := make([]string, 0, len(missing))
		for n := range missing {
			names = append(names, n)
		}
		slices.Sort(names)
		return fault.Fields(CodeUndeclared, fmt.Sprintf(
			"It is not declared where %s stands. Set %s.", d.Host, strings.Join(names, ", ")), missing)
	}
	if !country.MatchString(d.Country) || d.Jurisdiction != "" && !country.MatchString(d.Jurisdiction) {
		return d.invalid("needs countries as two capital letters (ISO 3166-1), as in SE")
	}
	if !empty && !slices.Contains(countries, d.Country) {
		return fault.New(fault.Invalid, CodeCountry, fmt.Sprintf(
			"%s stands in %s, and only %s is allowed. Choose an endpoint there, or let a security administrator widen TILLGANG_COUNTRIES.",
			d.Host, d.Country, strings.Join(countries, ", ")))
	}
	return nil
}

func (d *Destination) invalid(what string) error {
	return fault.New(fault.Invalid, CodeInvalid, fmt.Sprintf("The destination %q (%s) %s.", d.ID, d.Host, what))
}
