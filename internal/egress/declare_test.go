// SPDX-License-Identifier: Apache-2.0

package egress_test

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tillgang/internal/egress"
	"tillgang/internal/fault"
)

func gate(t *testing.T, p egress.Policy) *egress.Gate {
	t.Helper()
	g, err := egress.New(p, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func storage(host string, with ...func(*egress.Destination)) egress.Destination {
	d := egress.Destination{ID: "storage", Host: host, Port: 443, Purpose: egress.Storage, Reviewer: "configuration"}
	for _, f := range with {
		f(&d)
	}
	return d
}

func in(country string) func(*egress.Destination) {
	return func(d *egress.Destination) { d.Country, d.Jurisdiction, d.Site = country, country, "Bergen" }
}

func TestOnlySwedenUnlessTheOperatorWidensIt(t *testing.T) {
	t.Parallel()
	g := gate(t, egress.Policy{})
	if err := g.Declare(storage("s3.sto1.safedc.net")); err != nil {
		t.Error("a documented Swedish endpoint needs no further settings:", err)
	}
	err := g.Declare(storage("s3.osl1.safedc.net"))
	text := fault.As(err).Text
	if fault.CodeOf(err) != egress.CodeCountry || fault.KindOf(err) != fault.Invalid ||
		!strings.Contains(text, "TILLGANG_COUNTRIES") || !strings.Contains(text, "s3.osl1.safedc.net") || !strings.Contains(text, "NO") {
		t.Error("the same provider's Norwegian endpoint:", err)
	}
	if err := g.Declare(storage("s3.example.no", in("NO"))); fault.CodeOf(err) != egress.CodeCountry {
		t.Error(err)
	}
	if len(g.Destinations()) != 1 {
		t.Errorf("what was refused is on the list: %+v", g.Destinations())
	}
	wide := gate(t, egress.Policy{Countries: []string{"SE", "NO"}})
	for _, d := range []egress.Destination{storage("s3.osl1.safedc.net"), storage("s3.example.no", in("NO")), storage("s3.sto1.safedc.net")} {
		if err := wide.Declare(d); err != nil {
			t.Error(err)
		}
	}
	if _, err := egress.New(egress.Policy{Countries: []string{"Sweden"}}, slog.New(slog.DiscardHandler), time.Now); fault.CodeOf(err) != egress.CodeInvalid {
		t.Error(err)
	}
}

func TestADeclarationMayNotContradictTheProvider(t *testing.T) {
	t.Parallel()
	g := gate(t, egress.Policy{})
	for _, d := range []egress.Destination{
		storage("s3.osl1.safedc.net", in("SE")),
		storage("bilder.s3.osl1.safedc.net", in("SE")),
		storage("s3.eu-north-1.amazonaws.com", in("SE")), // the jurisdiction
		storage("bilder.s3.eu-north-1.amazonaws.com", in("SE")),
	} {
		if err := g.Declare(d); fault.CodeOf(err) != egress.CodeContradiction {
			t.Error(d.Host, err)
		}
	}
}

func TestPresetsFillInAndAmazonIsLabelledAmerican(t *testing.T) {
	t.Parallel()
	g := gate(t, egress.Policy{})
	if err := g.Declare(storage("bilder.s3.eu-north-1.amazonaws.com")); err != nil {
		t.Fatal(err)
	}
	d := g.Destinations()[0]
	if d.Country != "SE" || d.Jurisdiction != "US" || d.Site != "Stockholm" || d.Statement == "" || d.ReviewedAt.IsZero() {
		t.Errorf("%+v", d)
	}
	hosts := map[string]bool{}
	for _, p := range egress.Presets() {
		if p.Provider == "" || p.Source == "" || len(p.Country) != 2 || len(p.Jurisdiction) != 2 || p.Site == "" || strings.ContainsAny(p.Host, "*/:") || hosts[p.Host] {
			t.Errorf("%+v", p)
		}
		hosts[p.Host] = true
	}
	if !hosts["swift.elastx.cloud"] || !hosts["object-eu-se-1a.binero.cloud"] || hosts["s3.sto9.safedc.net"] {
		t.Error(hosts)
	}
	if _, ok := egress.PresetFor("evil-s3.sto1.safedc.net"); ok {
		t.Error("another name of the domain was taken for the documented one")
	}
}

func TestRemoteStorageMustBeDeclared(t *testing.T) {
	t.Parallel()
	g := gate(t, egress.Policy{})
	err := g.Declare(storage("s3.example.se"))
	for _, s := range []string{"TILLGANG_STORAGE_COUNTRY", "TILLGANG_STORAGE_SITE", "TILLGANG_STORAGE_JURISDICTION"} {
		if fault.CodeOf(err) != egress.CodeUndeclared || fault.As(err).Field[s] == "" || !strings.Contains(fault.As(err).Text, s) {
			t.Error(s, err)
		}
	}
	err = g.Declare(storage("s3.example.se", func(d *egress.Destination) { d.Country, d.Site = "SE", "Umeå" }))
	if f := fault.As(err); f.Code != egress.CodeUndeclared || len(f.Field) != 1 || strings.Contains(f.Text, "SITE") {
		t.Error(err)
	}
	if err := g.Declare(storage("s3.example.se", in("SE"))); err != nil {
		t.Error(err)
	}
	if err := g.Declare(storage("10.1.2.3", func(d *egress.Destination) { d.Private = true })); fault.CodeOf(err) != egress.CodeUndeclared {
		t.Error("the organisation's own network stands somewhere, too:", err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		if err := g.Declare(storage(host)); err != nil {
			t.Error("this machine asks no questions:", err)
		}
	}
}

func TestMalformedDestinationsAreRefused(t *testing.T) {
	t.Parallel()
	g := gate(t, egress.Policy{})
	ok := func() egress.Destination { return storage("s3.example.se", in("SE")) }
	for name, spoil := range map[string]func(*egress.Destination){
		"no ID":                     func(d *egress.Destination) { d.ID = "" },
		"no host":                   func(d *egress.Destination) { d.Host = "" },
		"pattern":                   func(d *egress.Destination) { d.Host = "*.example.se" },
		"pattern inside":            func(d *egress.Destination) { d.Host = "s3.*.se" },
		"URL":                       func(d *egress.Destination) { d.Host = "https://s3.example.se" },
		"port in host":              func(d *egress.Destination) { d.Host = "s3.example.se:443" },
		"capital letters":           func(d *egress.Destination) { d.Host = "S3.example.se" },
		"not ASCII":                 func(d *egress.Destination) { d.Host = "s3.räksmörgås.se" },
		"trailing dot":              func(d *egress.Destination) { d.Host = "s3.example.se." },
		"long":                      func(d *egress.Destination) { d.Host = strings.Repeat("a.", 130) + "se" },
		"no port":                   func(d *egress.Destination) { d.Port = 0 },
		"impossible port":           func(d *egress.Destination) { d.Port = 65536 },
		"unknown purpose":           func(d *egress.Destination) { d.Purpose = "fun" },
		"no reviewer":               func(d *egress.Destination) { d.Reviewer = "" },
		"country in words":          func(d *egress.Destination) { d.Country = "Sweden" },
		"jurisdiction in words":     func(d *egress.Destination) { d.Jurisdiction = "se" },
		"plain and public":          func(d *egress.Destination) { d.Plain = true },
		"private webhook":           func(d *egress.Destination) { d.Purpose, d.Private = egress.Webhook, true },
		"webhook to this machine":   func(d *egress.Destination) { d.Purpose, d.Host = egress.Webhook, "localhost" },
		"everything is private":     func(d *egress.Destination) { d.CIDRs = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} },
		"public network":            func(d *egress.Destination) { d.CIDRs = []netip.Prefix{netip.MustParsePrefix("8.8.8.0/24")} },
		"metadata service":          func(d *egress.Destination) { d.Private, d.Host = true, "169.254.169.254" },
		"metadata network":          func(d *egress.Destination) { d.CIDRs = []netip.Prefix{netip.MustParsePrefix("169.254.0.0/16")} },
		"private without saying so": func(d *egress.Destination) { d.Host = "10.0.0.1" },
		"outside its own network": func(d *egress.Destination) {
			d.Host = "10.0.0.1"
			d.CIDRs = []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}
		},
		"any address of the machine": func(d *egress.Destination) { d.Host, d.Private = "0.0.0.0", true },
		"authorities that are none":  func(d *egress.Destination) { d.CA = []byte("hello") },
	} {
		d := ok()
		spoil(&d)
		if err := g.Declare(d); fault.CodeOf(err) != egress.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := g.Declare(ok()); err != nil {
		t.Error(err)
	}
}

func TestPurposesWithoutContentMayGoAbroadButMustSayWhere(t *testing.T) {
	t.Parallel()
	g := gate(t, egress.Policy{})
	d := egress.Destination{ID: "acme", Host: "acme.example.org", Port: 443, Purpose: egress.ACME, Country: "US", Reviewer: "configuration"}
	if err := g.Declare(d); err != nil {
		t.Error(err)
	}
	d.Country = ""
	if err := g.Declare(d); fault.CodeOf(err) != egress.CodeUndeclared {
		t.Error(err)
	}
	d.Country, d.Purpose = "US", egress.Mail
	if err := g.Declare(d); fault.CodeOf(err) != egress.CodeCountry {
		t.Error("mail carries personal data:", err)
	}
}
