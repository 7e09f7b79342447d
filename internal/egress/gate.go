// SPDX-License-Identifier: Apache-2.0

// Package egress is the only way out: no other package may dial, and a test in
// this one reads all others to make sure.
//
// A connection is made only to a declared Destination, for its purpose, and
// only if the address that its name resolves to is one that such a server may
// have; so neither a wrong setting, nor a redirect, nor a name server that
// changes its answer leads into the organisation's network or to another
// country's storage. Refusing is the default. What is sent is counted.
//
// The package cannot prove where a server stands. It keeps what was declared.
package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"tillgang/internal/fault"
)

// CodeRefused is the code of the fault.Forbidden for a connection that is not
// allowed.
const CodeRefused = "egress.refused"

const dialLimit = 10 * time.Second

// Policy is what the operator decides for all destinations.
type Policy struct {
	Countries []string      // where data may be sent and rest, ISO 3166-1 alpha-2; empty means SE only
	Resolver  *net.Resolver // nil: the machine's
}

// Gate lets connections out. It is safe for concurrent use.
type Gate struct {
	countries []string
	resolver  *net.Resolver
	log       *slog.Logger
	now       func() time.Time

	mu         sync.Mutex
	list       map[address]*entry
	transports map[Purpose]*Transport
	counts     map[countKey]*Count
}

// address is what a connection is looked up by.
type address struct {
	purpose Purpose
	host    string
	port    int
}

func (a address) String() string { return net.JoinHostPort(a.host, strconv.Itoa(a.port)) }

// entry is a destination and its living connections.
type entry struct {
	Destination
	off   bool
	pool  *x509.CertPool // nil: the system's
	conns map[*conn]struct{}
}

// New returns a gate that lets nothing out yet.
func New(p Policy, log *slog.Logger, now func() time.Time) (*Gate, error) {
	g := &Gate{
		countries: slices.Clone(p.Countries), resolver: p.Resolver, log: log, now: now,
		list: map[address]*entry{}, transports: map[Purpose]*Transport{}, counts: map[countKey]*Count{},
	}
	if len(g.countries) == 0 {
		g.countries = []string{"SE"}
	}
	for _, c := range g.countries {
		if !country.MatchString(c) {
			return nil, fault.New(fault.Invalid, CodeInvalid, fmt.Sprintf("TILLGANG_COUNTRIES has %q, which is no country of two capital letters, as in SE.", c))
		}
	}
	return g, nil
}

// Declare puts a destination on the list, or replaces the one with its purpose,
// host and port, and ends the connections of that one. It refuses what is
// malformed, contradicts the provider's own documentation, lacks a statement of
// place where data would rest, or stands outside the policy's countries; the
// texts name the setting to change. What the presets know need not be given.
func (g *Gate) Declare(d Destination) error {
	d.DataKinds, d.CIDRs = slices.Clone(d.DataKinds), slices.Clone(d.CIDRs)
	if err := d.check(g.countries); err != nil {
		return err
	}
	if d.ReviewedAt.IsZero() {
		d.ReviewedAt = g.now()
	}
	e := &entry{Destination: d, conns: map[*conn]struct{}{}}
	if len(d.CA) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(d.CA) {
			return d.invalid("has a file of authorities without a PEM certificate in it")
		}
		e.pool = pool
	}
	at := address{d.Purpose, d.Host, d.Port}
	g.mu.Lock()
	old := g.list[at]
	g.list[at] = e
	g.mu.Unlock()
	if old != nil {
		g.end(old)
	}
	return nil
}

// Disable takes the destinations with the ID out of use: the next connection
// and the next request are refused, and those under way are ended. It reports
// whether there was one.
func (g *Gate) Disable(id string) bool {
	var hit []*entry
	g.mu.Lock()
	for _, e := range g.list {
		if e.ID == id {
			e.off = true
			hit = append(hit, e)
		}
	}
	g.mu.Unlock()
	for _, e := range hit {
		g.end(e)
	}
	return len(hit) > 0
}

// end closes an entry's connections.
func (g *Gate) end(e *entry) {
	g.mu.Lock()
	conns := make([]*conn, 0, len(e.conns))
	for c := range e.conns {
		conns = append(conns, c)
	}
	g.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

// Destinations returns the list in use, by purpose, host and port, for the
// register.
func (g *Gate) Destinations() []Destination {
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []Destination
	for _, e := range g.list {
		if !e.off {
			list = append(list, e.Destination)
		}
	}
	slices.SortFunc(list, func(a, b Destination) int {
		return strings.Compare(fmt.Sprint(a.Purpose, " ", a.Host, " ", a.Port), fmt.Sprint(b.Purpose, " ", b.Host, " ", b.Port))
	})
	return list
}

// find returns the entry that allows a connection, or counts, logs and returns
// the refusal.
func (g *Gate) find(at address) (*entry, error) {
	g.mu.Lock()
	e := g.list[at]
	why := ""
	switch {
	case e == nil:
		why = "it is not on the list of reviewed destinations"
	case e.off:
		why = "the destination has been taken out of use"
	}
	g.mu.Unlock()
	if why != "" {
		return nil, g.refuse(at, e, why, nil)
	}
	return e, nil
}

func (g *Gate) refuse(at address, e *entry, why string, cause error) error {
	id := "" // many hosts must not make many counters
	if e != nil {
		id = e.ID
	}
	g.count(id, at.purpose, func(c *Count) { c.Refused++ })
	host := at.host
	if len(host) > 253 {
		host = host[:253]
	}
	g.log.Warn("outbound connection refused",
		slog.String("purpose", string(at.purpose)), slog.String("host", host), slog.Int("port", at.port), slog.String("reason", why))
	return &fault.Error{
		Kind: fault.Forbidden, Code: CodeRefused, Err: cause,
		Text: fmt.Sprintf("A connection to %s for %s was refused: %s.", address{host: host, port: at.port}, at.purpose, why),
	}
}

// Dial returns the dialler for a purpose, in the form that HTTP transports,
// database drivers and mail clients take. It resolves names itself, once per
// connection, and never hands out a connection to an address that the
// destination may not have. Unix sockets are allowed for Database
// and Scan only.
//
// A driver that resolves names before it dials (pgx) must be given Lookup, too.
func (g *Gate) Dial(p Purpose) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		switch network {
		case "tcp", "tcp4", "tcp6":
			at, err := parse(p, addr)
			if err != nil {
				return nil, g.refuse(address{purpose: p}, nil, "it is no host and port", err)
			}
			e, err := g.find(at)
			if err != nil {
				return nil, err
			}
			return g.dial(ctx, network, at, e)
		case "unix":
			if p == Database || p == Scan {
				return g.socket(ctx, p, addr)
			}
		}
		return nil, g.refuse(address{purpose: p}, nil, "connections of kind "+strconv.Quote(network)+" are not made for this purpose", nil)
	}
}

func parse(p Purpose, addr string) (address, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return address{}, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return address{}, err
	}
	return address{p, strings.ToLower(host), n}, nil
}

func (g *Gate) dial(ctx context.Context, network string, at address, e *entry) (net.Conn, error) {
	d := net.Dialer{
		Timeout: dialLimit, Resolver: g.resolver,
		// Here the address is final: nothing can come between this check and
		// the connection.
		Control: func(_, addr string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(addr)
			if err != nil {
				return err
			}
			if !e.permits(ap.Addr()) || int(ap.Port()) != at.port {
				return errAddress
			}
			return nil
		},
	}
	c, err := d.DialContext(ctx, network, at.String())
	if errors.Is(err, errAddress) {
		return nil, g.refuse(at, e, "its name leads to an address that this destination may not have", err)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the %s destination %q: %w", e.Purpose, e.ID, err)
	}
	return g.admit(c, e)
}

var errAddress = errors.New("address not permitted")

// admit counts a new connection and remembers it, unless its destination was
// disabled meanwhile.
func (g *Gate) admit(c net.Conn, e *entry) (net.Conn, error) {
	k := &conn{Conn: c, g: g, e: e}
	g.mu.Lock()
	off := e.off || g.list[address{e.Purpose, e.Host, e.Port}] != e
	if !off {
		e.conns[k] = struct{}{}
	}
	g.mu.Unlock()
	if off {
		_ = c.Close()
		return nil, g.refuse(address{e.Purpose, e.Host, e.Port}, e, "the destination has been taken out of use", nil)
	}
	g.count(e.ID, e.Purpose, func(c *Count) { c.Connections++ })
	return k, nil
}

// socket connects to a database or a scanner on this machine.
func (g *Gate) socket(ctx context.Context, p Purpose, path string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialLimit}
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("connect to the %s socket: %w", p, err)
	}
	g.count("socket", p, func(c *Count) { c.Connections++ })
	return c, nil
}

// Lookup is for drivers that resolve a host before they dial: it gives the name
// back unresolved, so that Dial sees what was declared.
func (g *Gate) Lookup() func(ctx context.Context, host string) ([]string, error) {
	return func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
}

// TLS returns the client configuration for a declared destination: for clients
// that begin TLS themselves, such as SMTP with STARTTLS.
func (g *Gate) TLS(p Purpose, host string, port int) (*tls.Config, error) {
	e, err := g.find(address{p, host, port})
	if err != nil {
		return nil, err
	}
	return e.tls(), nil
}

func (e *entry) tls() *tls.Config {
	return &tls.Config{ServerName: e.Host, RootCAs: e.pool, MinVersion: tls.VersionTLS12}
}
