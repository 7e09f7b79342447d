// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"slices"
	"strings"
)

// Preset is what a provider documents of one storage endpoint.
type Preset struct {
	Provider     string
	Host         string // exact
	Country      string // where its manual says that the servers stand
	Site         string
	Jurisdiction string // whose law binds the operator
	Region       string // the region string to sign with; empty: as the provider's manual says. It proves nothing about a place
	PathStyle    bool
	Source       string // where this is from
	Note         string // what an operator should know; may be empty
}

// presets has documented endpoints only. Hosts of one domain may stand in
// different countries, so there are no patterns.
var presets = []Preset{
	{
		Provider: "Elastx", Host: "swift.elastx.cloud", Country: "SE", Site: "Stockholm", Jurisdiction: "SE",
		Region: "us-east-1", PathStyle: true, Source: "Elastx documentation, object storage with S3 (read November 2026)",
		Note: "The region string us-east-1 is only part of the signature; the servers stand in Stockholm.",
	},
	{
		Provider: "Safespring", Host: "s3.sto1.safedc.net", Country: "SE", Site: "Stockholm", Jurisdiction: "SE",
		PathStyle: true, Source: "Safespring documentation, object storage (read November 2026)",
		Note: "No encryption at rest by the server, no bucket logging.",
	},
	{
		Provider: "Safespring", Host: "s3-archive.sto2.safedc.net", Country: "SE", Site: "Stockholm", Jurisdiction: "SE",
		PathStyle: true, Source: "Safespring documentation, archive storage (read November 2026)",
	},
	{
		Provider: "Safespring", Host: "s3.osl1.safedc.net", Country: "NO", Site: "Oslo", Jurisdiction: "SE",
		PathStyle: true, Source: "Safespring documentation, object storage (read November 2026)",
	},
	{
		Provider: "Safespring", Host: "s3-archive.osl1.safedc.net", Country: "NO", Site: "Oslo", Jurisdiction: "SE",
		PathStyle: true, Source: "Safespring documentation, archive storage (read November 2026)",
	},
	{
		Provider: "Cleura", Host: "s3-kna1.citycloud.com", Country: "SE", Site: "Karlskrona", Jurisdiction: "SE",
		Region: "Kna1", PathStyle: true, Source: "Cleura documentation, S3 (read November 2026)",
		Note: "The company has German sites, too. Object lock in COMPLIANCE mode only.",
	},
	{
		Provider: "Binero", Host: "object-eu-se-1a.binero.cloud", Country: "SE", Site: "Sweden, region eu-se-1", Jurisdiction: "SE",
		PathStyle: true, Source: "Binero documentation, object storage (read November 2026)",
		Note: "Replication is only eventually consistent and must not be combined with object encryption.",
	},
	{
		Provider: "AWS Stockholm", Host: "s3.eu-north-1.amazonaws.com", Country: "SE", Site: "Stockholm", Jurisdiction: "US",
		Region: "eu-north-1", Source: "AWS documentation, S3 endpoints (read November 2026)",
		Note: "The operator is bound by the law of the United States: an access from a third country has to be assessed.",
	},
}

// Presets returns the storage endpoints that providers document, for a form to
// offer. Being on this list allows nothing yet: see Gate.Declare.
func Presets() []Preset { return slices.Clone(presets) }

// PresetFor returns what is documented of a host, or of the host below which it
// is a bucket's name (virtual-host style).
func PresetFor(host string) (Preset, bool) {
	for _, p := range presets {
		if host == p.Host || strings.HasSuffix(host, "."+p.Host) {
			return p, true
		}
	}
	return Preset{}, false
}
