// SPDX-License-Identifier: Apache-2.0

// Package app builds the house: it reads the configuration, chooses the plugs,
// opens the rooms, tells them how to react to one another, hangs the doors and
// starts and stops it all. It is the only package that knows every other.
package app

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"tillgang/internal/secret"
)

// Version is the program's, set when it is built.
var Version = "unversioned"

// prefix of every environment variable.
const prefix = "TILLGANG_"

// Config is what the machine decides; what an administrator decides is in the
// database. The struct's order is that of deploy/configuration.md, which is
// generated from it. Nothing reads the environment after the start.
type Config struct {
	Listen  string `env:"LISTEN" envDefault:"127.0.0.1:8080" doc:"Address and port that people reach the server at."`
	Data    string `env:"DATA" envDefault:"./data" doc:"Directory for everything that the server keeps on this machine: private database, originals, keys and scratch space."`
	BaseURL string `env:"BASE_URL" doc:"How people reach the server, such as https://bilder.example.se. Default: http://localhost and the port, or https with the first ACME domain."`

	MediaURL       string         `env:"MEDIA_URL" doc:"Another host name of this server that bytes of files are fetched from, such as https://media.example.se, so that they never share an origin with the application. Default: the same host."`
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" doc:"Networks (CIDR, comma separated) of proxies whose X-Forwarded-For is believed."`
	MetricsListen  string         `env:"METRICS_LISTEN" envDefault:"127.0.0.1:9464" doc:"Address for Prometheus to read /metrics at; off: no metrics."`

	TLSCert       string         `env:"TLS_CERT" doc:"File with the certificate chain (PEM) when the server ends TLS itself; read again when it changes."`
	TLSKey        string         `env:"TLS_KEY" doc:"File with the certificate's private key (PEM)."`
	ACMEDomains   []string       `env:"ACME_DOMAINS" doc:"Host names (comma separated) to get certificates for by ACME (RFC 8555); the server must be reached at port 443 by these names."`
	ACMEEmail     string         `env:"ACME_EMAIL" doc:"Address that the certificate authority may write to."`
	ACMEDirectory string         `env:"ACME_DIRECTORY" doc:"Directory URL of the certificate authority; needed with ACME_DOMAINS."`
	PlainListen   string         `env:"PLAIN_LISTEN" doc:"Address and port that answers plain HTTP beside TLS: ACME challenges, and a redirect of pages to https. Default: port 80 when LISTEN has port 443, else none."`
	ACMECountry   string         `env:"ACME_COUNTRY" doc:"Country (ISO 3166-1) that the certificate authority is in; it is sent host names, never content."`
	ACMENetworks  []netip.Prefix `env:"ACME_NETWORKS" doc:"Private networks (CIDR) that the address of a certificate authority of your own may lie in."`
	ACMECA        string         `env:"ACME_CA" doc:"File with further certificate authorities (PEM) that the authority's own certificate may come from."`

	DatabaseURL          secret.Text    `env:"DATABASE_URL" doc:"postgres://user:password@host/database?sslmode=verify-full. Without it the server runs a private Postgres in its data directory."`
	DatabaseCountry      string         `env:"DATABASE_COUNTRY" doc:"Country (ISO 3166-1) that the database server is in; needed with a DATABASE_URL that leaves this machine."`
	DatabaseSite         string         `env:"DATABASE_SITE" doc:"The place where the database server stands."`
	DatabaseJurisdiction string         `env:"DATABASE_JURISDICTION" doc:"Country (ISO 3166-1) whose law the database's operator, or its owner, is under."`
	DatabaseNetworks     []netip.Prefix `env:"DATABASE_NETWORKS" doc:"Private networks (CIDR) that the database server's address may lie in."`
	StorageURL           string         `env:"STORAGE_URL" doc:"dir:///path or s3://bucket/prefix?endpoint=https://host&region=…. Default: the directory blobs in the data directory."`
	StorageAccessKey     secret.Text    `env:"STORAGE_ACCESS_KEY" doc:"Access key of the S3 storage."`
	StorageSecretKey     secret.Text    `env:"STORAGE_SECRET_KEY" doc:"Secret key of the S3 storage."`
	StorageCA            string         `env:"STORAGE_CA" doc:"File with further certificate authorities (PEM) that the storage's certificate may come from."`
	StorageCountry       string         `env:"STORAGE_COUNTRY" doc:"Country (ISO 3166-1) that the storage is in. Needed for S3 storage other than the known Swedish providers."`
	StorageSite          string         `env:"STORAGE_SITE" doc:"The place where the storage stands, such as a data hall's name."`
	StorageJurisdiction  string         `env:"STORAGE_JURISDICTION" doc:"Country (ISO 3166-1) whose law the storage's operator, or its owner, is under."`
	StorageNetworks      []netip.Prefix `env:"STORAGE_NETWORKS" doc:"Private networks (CIDR) that the storage's address may lie in."`
	StorageCache         int64          `env:"STORAGE_CACHE" envDefault:"10737418240" doc:"Bytes of disk for renditions kept near when storage is remote; 0: none."`
	Countries            []string       `env:"COUNTRIES" envDefault:"SE" doc:"Countries (ISO 3166-1, comma separated) that data may rest in or go to. Widening it is a decision that your data protection officer should know of."`

	ScanURL      string         `env:"SCAN_URL" doc:"ClamAV daemon that sees every file before anybody else does: unix:///run/clamav/clamd.ctl or tcp://host:3310. While it cannot be reached, new files wait and cannot be fetched. Default: none."`
	ScanWindow   int64          `env:"SCAN_WINDOW" envDefault:"104857600" doc:"Most bytes sent to the scanner in one stream, not over its StreamMaxLength. Longer files are scanned in parts."`
	ScanCountry  string         `env:"SCAN_COUNTRY" doc:"Country (ISO 3166-1) that the scanner is in, when it is on another machine."`
	ScanNetworks []netip.Prefix `env:"SCAN_NETWORKS" doc:"Private networks (CIDR) that the scanner's address may lie in; clamd knows no encryption, so another machine's must."`

	MailURL          secret.Text    `env:"MAIL_URL" doc:"Mail server that notices and invitations are handed to: smtp://user:password@host:587 (STARTTLS), smtps://user:password@host:465 (TLS at once), or smtp://host:25?tls=none for a server on this machine or in MAIL_NETWORKS. Without it no mail is sent: notices stay in the app, and invitations are links to pass on."`
	MailFrom         string         `env:"MAIL_FROM" doc:"Address that mails come from; needed with MAIL_URL."`
	MailFromName     string         `env:"MAIL_FROM_NAME" envDefault:"Tillgång" doc:"Name shown beside that address."`
	MailCountry      string         `env:"MAIL_COUNTRY" doc:"Country (ISO 3166-1) that the mail server is in, when it is on another machine."`
	MailJurisdiction string         `env:"MAIL_JURISDICTION" doc:"Country (ISO 3166-1) whose law the mail server's operator, or its owner, is under."`
	MailSite         string         `env:"MAIL_SITE" doc:"The place where the mail server stands."`
	MailNetworks     []netip.Prefix `env:"MAIL_NETWORKS" doc:"Private networks (CIDR) that the mail server's address may lie in."`
	MailCA           string         `env:"MAIL_CA" doc:"File with further certificate authorities (PEM) that the mail server's certificate may come from."`

	Secret secret.Text `env:"SECRET" doc:"At least 32 characters that signatures and keyed hashes are derived from; the same on every node. Default: made once and kept in the data directory."`

	TenantName string `env:"TENANT_NAME" envDefault:"Tillgång" doc:"Name of the organisation whose tenant the first start makes."`
	AdminEmail string `env:"ADMIN_EMAIL" envDefault:"admin@localhost" doc:"Address of the first administrator, who signs in with the link that the first start prints."`

	MaxUpload int64 `env:"MAX_UPLOAD" envDefault:"107374182400" doc:"Largest file taken, in bytes."`
	MaxPixels int64 `env:"MAX_PIXELS" envDefault:"400000000" doc:"Largest picture that previews are made of, in pixels. The engines' own limits may be lower: 400 million with libvips, 120 million built in."`
	Workers   int   `env:"WORKERS" doc:"Pictures and films prepared at the same time. Default: the number of processors."`

	Jobs bool `env:"JOBS" envDefault:"true" doc:"Whether this server also works jobs. false: it only answers, and tillgang work runs beside it or elsewhere."`

	Drain time.Duration `env:"DRAIN" doc:"How long a server that is told to stop goes on answering while /readyz says that it leaves, such as 5s behind a balancer. Default: not at all."`

	LogLevel  string `env:"LOG_LEVEL" envDefault:"info" doc:"debug, info, warn or error."`
	LogFormat string `env:"LOG_FORMAT" envDefault:"auto" doc:"json, text, or auto: text at a terminal, else json."`
}

// ReadConfig reads the configuration from the environment (nil: the process's
// own). A variable NAME may be given as a file with NAME_FILE, for secrets.
// All that is wrong is said at once, by variable.
func ReadConfig(environment map[string]string) (Config, error) {
	if environment == nil {
		environment = env.ToMap(os.Environ())
	}
	environment, err := withFiles(environment)
	if err != nil {
		return Config{}, err
	}
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: environment, Prefix: prefix}); err != nil {
		return Config{}, named(err)
	}
	return c, c.complete(environment)
}

// withFiles replaces each TILLGANG_X_FILE by TILLGANG_X with the file's content.
func withFiles(in map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(in))
	var errs []error
	for k, v := range in {
		name, isFile := strings.CutSuffix(k, "_FILE")
		if !isFile || !strings.HasPrefix(k, prefix) {
			if _, there := out[k]; !there {
				out[k] = v
			}
			continue
		}
		b, err := os.ReadFile(v)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: the file cannot be read: %w", k, err))
			continue
		}
		out[name] = strings.TrimSpace(string(b))
	}
	return out, errors.Join(errs...)
}

// named turns errors that name Go fields into ones that name variables.
func named(err error) error {
	agg, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return err
	}
	fields := map[string]string{}
	for f := range reflect.TypeFor[Config]().Fields() {
		fields[f.Name] = prefix + strings.Split(f.Tag.Get("env"), ",")[0]
	}
	var errs []error
	for _, e := range agg.Errors {
		if p, ok := errors.AsType[env.ParseError](e); ok {
			errs = append(errs, fmt.Errorf("%s cannot be read as %s; see deploy/configuration.md", fields[p.Name], p.Type))
			continue
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// complete fills what follows from other values and refuses what cannot be.
func (c *Config) complete(environment map[string]string) error {
	var errs []error
	wrong := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf(prefix+name+" "+format, args...))
	}
	known := map[string]bool{}
	for f := range reflect.TypeFor[Config]().Fields() {
		known[prefix+f.Tag.Get("env")] = true
	}
	for k := range environment {
		if strings.HasPrefix(k, prefix) && !strings.HasPrefix(k, prefix+"TEST_") && !known[strings.TrimSuffix(k, "_FILE")] {
			errs = append(errs, fmt.Errorf("%s is no setting of this version; see deploy/configuration.md", k))
		}
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		wrong("DATA", "is no path: %v", err)
	}
	c.Data = abs
	_, port, ok := cutPort(c.Listen)
	if !ok {
		wrong("LISTEN", "must be an address and a port, such as 127.0.0.1:8080 or :443")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		wrong("TLS_CERT", "and TLS_KEY belong together: set both or neither")
	}
	if c.PlainListen != "" {
		if _, _, ok := cutPort(c.PlainListen); !ok {
			wrong("PLAIN_LISTEN", "must be an address and a port, such as :80")
		}
		if !c.endsTLS() {
			wrong("PLAIN_LISTEN", "is for beside TLS: without TLS_CERT or ACME_DOMAINS, LISTEN is plain already")
		}
	}
	for i, name := range c.ACMEDomains {
		c.ACMEDomains[i] = strings.ToLower(strings.TrimSpace(name))
	}
	if len(c.ACMEDomains) > 0 {
		if c.TLSCert != "" {
			wrong("ACME_DOMAINS", "and TLS_CERT exclude each other: choose one way to a certificate")
		}
		if u, err := url.Parse(c.ACMEDirectory); err != nil || u.Scheme != "https" || u.Host == "" {
			wrong("ACME_DIRECTORY", "must be the https URL of your certificate authority's directory")
		}
		if c.ACMECountry == "" {
			wrong("ACME_COUNTRY", "must name the certificate authority's country: nothing leaves the server for an unknown place")
		}
	}
	switch {
	case c.BaseURL != "":
	case len(c.ACMEDomains) > 0:
		c.BaseURL = "https://" + c.ACMEDomains[0]
	case c.TLSCert != "":
		c.BaseURL = "https://localhost:" + port
	default:
		c.BaseURL = "http://localhost:" + port
	}
	for name, v := range map[string]*string{"BASE_URL": &c.BaseURL, "MEDIA_URL": &c.MediaURL} {
		if *v == "" {
			continue
		}
		u, err := url.Parse(*v)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			wrong(name, "must be a scheme and a host, such as https://bilder.example.se")
			continue
		}
		*v = u.Scheme + "://" + u.Host
	}
	for i, code := range c.Countries {
		if c.Countries[i] = strings.ToUpper(strings.TrimSpace(code)); len(c.Countries[i]) != 2 {
			wrong("COUNTRIES", "must list two-letter country codes, such as SE")
		}
	}
	if s := c.Secret.Reveal(); s != "" && len(s) < 32 {
		wrong("SECRET", "must have at least 32 characters")
	}
	if c.Workers <= 0 {
		c.Workers = runtime.NumCPU()
	}
	if c.MaxUpload < 1 || c.MaxPixels < 1 || c.StorageCache < 0 {
		wrong("MAX_UPLOAD", ", MAX_PIXELS and STORAGE_CACHE must not be negative or zero")
	}
	return errors.Join(errs...)
}

func cutPort(listen string) (host, port string, ok bool) {
	i := strings.LastIndexByte(listen, ':')
	if i < 0 || i == len(listen)-1 {
		return "", "", false
	}
	return listen[:i], listen[i+1:], true
}

// Documentation writes deploy/configuration.md.
func Documentation() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\nGenerated from `internal/app/config.go` by `make generate`; do not edit.\n\n" +
		"Every setting is an environment variable. `NAME_FILE` instead of `NAME` reads the value from a file. Nothing needs to be set: without any of them the server starts with a private database and stores files in `./data`.\n\n" +
		"| Variable | Default | Meaning |\n|---|---|---|\n")
	for f := range reflect.TypeFor[Config]().Fields() {
		def := f.Tag.Get("envDefault")
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s%s` | %s | %s |\n", prefix, f.Tag.Get("env"), def, f.Tag.Get("doc"))
	}
	return b.String()
}

// clock is the time that the house hands to its rooms: UTC, to the microsecond
// that Postgres keeps.
func clock() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
