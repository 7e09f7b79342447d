// SPDX-License-Identifier: Apache-2.0

// Package madeup makes up archives for measuring: Nordic texts whose words are
// as unevenly spread as in life (Zipf), keywords, places, dates, folders and
// who may see what. It writes nothing. The same seed gives the same archive, in
// whatever order and by however many its parts are asked for.
package madeup

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"tillgang/internal/asset"
	"tillgang/internal/id"
)

// Born is when the newest asset was stored.
var Born = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// Years is how long the archive has been filled.
const Years = 5

// run is how many assets were put into one folder one after the other.
const run = 25

// Archive makes up one archive.
type Archive struct {
	Words []string // the vocabulary, most frequent first
	Tags  []string // keywords, most frequent first

	seed    uint64
	assets  int
	folders int
	words   *zipf
	tags    *zipf
	places  *zipf
}

// New prepares an archive of so many assets and folders.
func New(seed uint64, assets, folders int) *Archive {
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // G404: it must be the same each time
	a := &Archive{seed: seed, assets: assets, folders: folders}
	a.Words = vocabulary(r)
	a.Tags = append([]string(nil), a.Words[:min(2500, len(a.Words))]...)
	r.Shuffle(len(a.Tags), func(i, j int) { a.Tags[i], a.Tags[j] = a.Tags[j], a.Tags[i] })
	a.words, a.tags, a.places = newZipf(len(a.Words)), newZipf(len(a.Tags)), newZipf(folders)
	return a
}

// chance is the chance of one part of the archive.
func (a *Archive) chance(part string, n int) *rand.Rand {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", a.seed, part, n))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:]))) //nolint:gosec // G404: it must be the same each time
}

// Folder is one of the archive's folders. The first is the root.
type Folder struct {
	Name    string
	Parent  int // the number of the one above it
	Profile int // who has rights in it; -1: whoever has them in the one above
}

// Folders makes up a broad tree, in which every folder right below the root and
// one of four below them has rights of its own, one of profiles different ones.
func (a *Archive) Folders(profiles int) []Folder {
	out := make([]Folder, a.folders)
	depth := make([]int, a.folders)
	for i := range out {
		r := a.chance("folder", i)
		out[i] = Folder{Name: fmt.Sprintf("%s %05d", title(a.Words[r.IntN(len(a.Words))]), i), Profile: -1}
		if i == 0 {
			continue
		}
		p := r.IntN(min(i, 1+i/8))
		for depth[p] > 12 {
			p = out[p].Parent
		}
		out[i].Parent, depth[i] = p, depth[p]+1
		if p == 0 || r.IntN(4) == 0 {
			out[i].Profile = r.IntN(profiles)
		}
	}
	return out
}

func title(s string) string {
	r := []rune(s)
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

// Right is what a group may do under a profile.
type Right struct {
	Group int
	Edit  bool // else: see and fetch pictures
}

// Profiles makes up sets of rights of one to six of so many groups.
func (a *Archive) Profiles(profiles, groups int) [][]Right {
	out := make([][]Right, profiles)
	for i := range out {
		r := a.chance("profile", i)
		for range 1 + r.IntN(6) {
			g := r.IntN(groups)
			has := false
			for _, one := range out[i] {
				has = has || one.Group == g
			}
			if !has {
				out[i] = append(out[i], Right{g, r.IntN(4) == 0})
			}
		}
	}
	return out
}

// Made is one made-up asset.
type Made struct {
	asset.Made
	Folder int      // its folder's number
	Texts  []string // of its pages
}

// sorts are the kinds and types of assets, in ten parts.
var sorts = []struct {
	kind      asset.Kind
	mediaType string
	ending    string
}{
	{asset.Image, "image/jpeg", "jpg"},
	{asset.Image, "image/jpeg", "jpg"},
	{asset.Image, "image/jpeg", "jpg"},
	{asset.Image, "image/jpeg", "jpg"},
	{asset.Image, "image/jpeg", "JPG"},
	{asset.Image, "image/tiff", "tif"},
	{asset.Image, "image/png", "png"},
	{asset.Document, "application/pdf", "pdf"},
	{asset.Document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
	{asset.Video, "video/mp4", "mp4"},
}

// Asset makes up the asset of a number, for a tenant; by is who stored it.
func (a *Archive) Asset(tenant id.Tenant, n int, by string) Made {
	r := a.chance("asset", n)
	s := sorts[r.IntN(len(sorts))]
	if r.IntN(500) == 0 {
		s.kind, s.mediaType, s.ending = asset.Audio, "audio/mpeg", "mp3"
	}
	// Stored one after the other, give or take a month.
	at := Born.AddDate(-Years, 0, 0)
	at = at.Add(time.Duration(float64(Born.Sub(at)) * float64(n+1) / float64(a.assets+1)))
	if at = at.Add(-time.Duration(r.Int64N(int64(30 * 24 * time.Hour)))).Truncate(time.Microsecond); n == a.assets-1 {
		at = Born
	}
	m := Made{Folder: a.places.next(a.chance("run", n/run))}
	m.ID, m.Revision = id.FromUUID[id.Asset](a.name(tenant, "asset", n, at)), id.FromUUID[id.Revision](a.name(tenant, "revision", n, at))
	m.Kind, m.MediaType, m.CreatedAt, m.CreatedBy = s.kind, s.mediaType, at, by
	m.Name = fmt.Sprintf("DSC_%05d_%s.%s", r.IntN(99_999), a.word(r), s.ending)
	m.Size = 200_000 + int64(r.ExpFloat64()*5_000_000)
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", a.seed, tenant, n))
	m.SHA256 = sum[:]
	switch s.kind { //nolint:exhaustive // the others have no measures
	case asset.Image, asset.Video:
		w, h := 6000, 4000
		if r.IntN(3) == 0 {
			w, h = h, w
		}
		if s.kind == asset.Video {
			w, h = 1920, 1080
		}
		m.Width, m.Height = &w, &h
	case asset.Document:
		pages := 1 + r.IntN(20)
		m.Pages = &pages
		if r.IntN(4) == 0 {
			for range min(pages, 3) {
				m.Texts = append(m.Texts, a.sentence(r, 60, 160))
			}
		}
	}
	if s.kind == asset.Video || s.kind == asset.Audio {
		ms := 1000 + r.Int64N(600_000)
		m.DurationMS = &ms
	}
	a.fields(r, &m, at, by)
	return m
}

func (a *Archive) fields(r *rand.Rand, m *Made, at time.Time, by string) {
	person := asset.Mark{Source: asset.FromPerson, By: by, At: at}
	in := func(lang, text string) asset.Field {
		return asset.Field{Lang: map[string]string{lang: text}, Marks: map[string]asset.Mark{lang: person}, Source: person.Source, By: by, At: at}
	}
	lang := []string{"sv", "sv", "sv", "sv", "sv", "no", "fi", "en"}[r.IntN(8)]
	m.Fields = map[string]asset.Field{
		"title":   in(lang, a.sentence(r, 2, 8)),
		"creator": {Values: []string{names[r.IntN(len(names))] + " " + names[r.IntN(len(names))] + "son"}, Source: asset.FromFile, At: at},
		"city":    {Value: cities[r.IntN(len(cities))], Source: asset.FromFile, At: at},
	}
	if r.IntN(10) < 6 {
		m.Fields["description"] = in(lang, a.sentence(r, 8, 40))
	}
	var list []string
	seen := map[string]bool{}
	for range r.IntN(12) {
		if k := a.Tags[a.tags.next(r)]; !seen[k] {
			seen[k], list = true, append(list, k)
		}
	}
	if len(list) > 0 {
		m.Fields["keywords"] = asset.Field{Values: list, Source: asset.FromPerson, By: by, At: at}
	}
	if r.IntN(5) > 0 {
		day := at.AddDate(0, 0, -r.IntN(400)).Format(time.DateOnly)
		m.Fields[asset.FieldCapturedOn] = asset.Field{Value: day, Source: asset.FromFile, At: at}
	}
}

func (a *Archive) word(r *rand.Rand) string { return a.Words[a.words.next(r)] }

func (a *Archive) sentence(r *rand.Rand, least, most int) string {
	list := make([]string, least+r.IntN(most-least+1))
	for i := range list {
		list[i] = a.word(r)
	}
	return strings.Join(list, " ")
}

// name is an identifier (UUIDv7) that is always the same for a thing.
func (a *Archive) name(tenant id.Tenant, part string, n int, at time.Time) (u uuid.UUID) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %s %d", a.seed, tenant, part, n))
	copy(u[:], sum[:16])
	ms := at.UnixMilli()
	for i := range 6 {
		u[i] = byte(ms >> (8 * (5 - i))) //nolint:gosec // G115: one byte of it
	}
	u[6], u[8] = 0x70|u[6]&0x0f, 0x80|u[8]&0x3f
	return u
}
