// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"net/netip"
	"strings"
)

func prefixes(s string) (list []netip.Prefix) {
	for f := range strings.FieldsSeq(s) {
		list = append(list, netip.MustParsePrefix(f))
	}
	return list
}

var (
	// special are the addresses that mean something else than a server on the
	// internet (the IANA special-purpose registries, RFC 6890), with the
	// ways to write an IPv4 address as an IPv6 one (NAT64, Teredo, 6to4).
	special = prefixes(`0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
		192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
		::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8`)

	// own are those of them that an organisation's own servers have.
	own = prefixes(`10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.168.0.0/16 ::1/128 fc00::/7`)

	loopback = prefixes(`127.0.0.0/8 ::1/128`)
)

func within(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// inside reports whether all of p lies in one of the prefixes.
func inside(p netip.Prefix, list []netip.Prefix) bool {
	for _, q := range list {
		if q.Bits() <= p.Bits() && q.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// permits reports whether the destination's name may resolve to the address.
func (d *Destination) permits(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	switch {
	case len(d.CIDRs) > 0:
		return within(a, d.CIDRs)
	case d.Private && within(a, own):
		return true
	}
	return a.IsGlobalUnicast() && !within(a, special)
}

// onMachine reports whether the host is this machine by any usual name.
func onMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
