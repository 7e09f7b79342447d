// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/imprint"
	"tillgang/internal/pg"
)

// Statement is what the archive says of the asset, as copies of its file carry
// it. It names no persons shown: whoever decided that a copy does adds them.
func (a Asset) Statement() imprint.Statement {
	text := func(name string) imprint.Text {
		f := a.Fields[name]
		t := imprint.Text(maps.Clone(f.Lang))
		if t == nil && f.Value != "" {
			t = imprint.Text{"": f.Value}
		}
		return t
	}
	line := func(name string) string { return a.Fields[name].Value }
	s := imprint.Statement{
		ID: a.ID.String(), Title: text("title"), Headline: text("headline"), Description: text("description"),
		ExtendedDescription: text("extended_description"), Keywords: slices.Clone(a.Fields["keywords"].Values),
		Creator: slices.Clone(a.Fields["creator"].Values), Credit: line("credit"), Source: line("source"), Copyright: text("copyright"),
		UsageTerms: text("usage_terms"), WebStatement: line("licence_url"), LicensorURL: line("licensor_url"),
		DigitalSourceType: line("digital_source_type"), Captured: line(FieldCapturedOn), City: line("city"), Country: line("country"),
	}
	if name := line("licence"); name != "" && len(s.UsageTerms) == 0 {
		s.UsageTerms = imprint.Text{"": name} // IPTC has no property for a licence's name alone
	}
	for _, lang := range slices.Sorted(maps.Keys(a.Alt)) {
		switch d := a.Alt[lang]; d.Decision {
		case AltText:
			if s.AltText == nil {
				s.AltText = imprint.Text{}
			}
			s.AltText[lang] = d.Text
		case AltComplex:
			if s.ExtendedDescription == nil {
				s.ExtendedDescription = imprint.Text{}
			}
			if s.ExtendedDescription[lang] == "" {
				s.ExtendedDescription[lang] = d.Text
			}
		case AltDecorative, AltDescribed: // of a use, not of the file
		}
	}
	return s
}

// Sidecar returns what the archive says of an asset as an .xmp file, and the
// asset's version.
func (s *Service) Sidecar(ctx context.Context, who access.Actor, asset id.Asset) ([]byte, int64, error) {
	a, err := s.Get(ctx, who, asset)
	if err != nil {
		return nil, 0, err
	}
	return a.Statement().Sidecar(), a.Version, nil
}

// CredentialsKey is where a revision's meta has its Credentials.
const CredentialsKey = "c2pa"

// Credentials is what a manifest of content credentials (C2PA) in the original
// says. It was read, not validated.
type Credentials struct {
	Generator  string `json:"generator,omitempty"`   // the program that made the claim
	SourceType string `json:"source_type,omitempty"` // a URI of the IPTC vocabulary
	AI         bool   `json:"ai"`                    // a machine made the picture or part of it
}

// FileSays is what the file of the active original says of itself and no field
// of the asset has.
type FileSays struct {
	Credentials *Credentials // nil: it has none
	Frames      int          // of an animation; 0 or 1: it does not move
}

const sqlFileSays = `
	select case when jsonb_typeof(r.meta->'c2pa') = 'object' then r.meta->'c2pa' end,
		case when jsonb_typeof(r.meta->'picture'->'frames') = 'number' then (r.meta->'picture'->>'frames')::int else 0 end
	from asset a join revision r on r.id = a.revision_id
	where a.id = @asset and a.tenant_id = @tenant`

// FileSays returns what the active original's file says.
func (s *Service) FileSays(ctx context.Context, who access.Actor, asset id.Asset) (says FileSays, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		a, err := s.byID(ctx, tx, who, asset)
		if err != nil {
			return err
		}
		if err := Allowed(a, who, access.View, s.now()); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, sqlFileSays, pgx.StrictNamedArgs{"asset": asset, "tenant": who.Tenant}).Scan(&says.Credentials, &says.Frames)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return says, err
}
