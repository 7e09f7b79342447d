// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"tillgang/internal/asset"
	"tillgang/internal/filemeta"
)

// hear reads what the file says about itself. Damage in it is a note, not an
// error.
func (f *finding) hear(of Original) error {
	file, err := os.Open(of.Path)
	if err != nil {
		return fmt.Errorf("read metadata: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read metadata: %w", errors.Join(err, file.Close()))
	}
	m, err := filemeta.Read(file, info.Size(), of.MediaType)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("read metadata: %w", err)
	}
	f.told = told(m)
	if len(m.Raw) > 0 || len(m.Notes) > 0 {
		f.tells("file", map[string]any{"values": m.Raw, "notes": m.Notes})
	}
	if c := m.Credentials; c != nil {
		f.tells(asset.CredentialsKey, asset.Credentials{Generator: c.Generator, SourceType: c.SourceType, AI: c.AI})
	}
	return nil
}

// told puts the IPTC properties into the archive's fields. Where the picture
// was taken to the metre and who is in it stay in the file.
func told(m filemeta.Meta) asset.Told {
	t := asset.Told{Fields: map[string]asset.Field{}, Alt: map[string]asset.Alt{}}
	for name, text := range map[string]filemeta.Text{
		"title": m.Title, "description": m.Description, "extended_description": m.ExtendedDescription,
		"copyright": m.Copyright, "usage_terms": m.UsageTerms,
	} {
		if len(text) > 0 {
			t.Fields[name] = asset.Field{Lang: text}
		}
	}
	for name, value := range map[string]string{
		"headline": m.Headline, "credit": m.Credit, "source": m.Source, "city": m.City, "country": m.Country, "licence_url": licence(m),
		"licensor_url": m.LicensorURL, "digital_source_type": sourceType(m.DigitalSourceType),
	} {
		if value != "" {
			t.Fields[name] = asset.Field{Value: value}
		}
	}
	for name, list := range map[string][]string{"keywords": m.Keywords, "creator": m.Creator} {
		if len(list) > 0 {
			t.Fields[name] = asset.Field{Values: list}
		}
	}
	for lang, text := range m.AltText {
		t.Alt[lang] = asset.Alt{Decision: asset.AltText, Text: text}
	}
	t.CapturedOn = day(m.Captured)
	return t
}

// licence is the address of the licence's text: that of Creative Commons' own
// property, else the web statement of rights.
func licence(m filemeta.Meta) string {
	if m.LicenseURL != "" {
		return m.LicenseURL
	}
	return m.WebStatement
}

// sourceType is a digital source type as the URI of the IPTC vocabulary, which
// some programs write as the bare term or as a QCode.
func sourceType(s string) string {
	s = strings.TrimPrefix(s, "digsrctype:")
	if s != "" && !strings.ContainsAny(s, ":/ ") {
		return filemeta.SourceTypes + s
	}
	return strings.Replace(s, "https://cv.iptc.org/", "http://cv.iptc.org/", 1)
}

// day is the date on the calendar where the camera was, nil if the file knows
// no more than the month.
func day(m filemeta.Moment) *time.Time {
	if m.IsZero() || m.Precision == filemeta.Year || m.Precision == filemeta.Month {
		return nil
	}
	d := time.Date(m.Time.Year(), m.Time.Month(), m.Time.Day(), 0, 0, 0, 0, time.UTC)
	return &d
}
