// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
)

// wanted is one rendition that is to be made.
type wanted struct {
	preset Preset // only its name, of what the house makes by a recipe of its own
	recipe picture.Recipe
	digest string // what is imprinted into it; empty: nothing
}

// text is what the rendition is made by, as its row has it: with the revision
// it says what comes out.
func (w wanted) text() string {
	if w.digest == "" {
		return w.recipe.String()
	}
	return w.recipe.String() + " imprint=" + string(w.preset.Spec.Metadata) + "," + w.digest
}

// address stands for text in the keys of objects.
func (w wanted) address() string {
	if w.digest == "" {
		return w.recipe.ID()
	}
	sum := sha256.Sum256([]byte(w.text()))
	return hex.EncodeToString(sum[:16])
}

// want says what a preset wants of an original, of which only the asset and the
// media type matter.
func (s *Service) want(ctx context.Context, tx pg.Tx, who access.Actor, p Preset, of ingest.Original, f Framing) (w wanted, err error) {
	w.preset = p
	mark := ""
	if p.Spec.Mark != nil {
		if mark, err = s.markID(ctx, tx, who, p); err != nil {
			return w, err
		}
	}
	w.recipe = p.recipe(of.MediaType, f, mark)
	if m := p.Spec.Metadata; m != "" && m != Strip && s.Digest != nil {
		w.digest, err = s.Digest(ctx, tx, who, of.Asset, string(m))
	}
	return w, err
}

// markID stands for the picture of a preset's watermark.
func (s *Service) markID(ctx context.Context, tx pg.Tx, who access.Actor, p Preset) (string, error) {
	what := "text " + p.Spec.Mark.Text
	if p.Spec.Mark.Text == "" {
		if p.MarkAsset == nil {
			return "", markGone()
		}
		a, r, err := s.ingest.ShownTx(ctx, tx, access.HouseActor(who.Tenant, part), *p.MarkAsset)
		if err != nil || a.DeletedAt != nil || a.State == asset.Quarantined {
			if err == nil || fault.KindOf(err) == fault.NotFound {
				return "", markGone()
			}
			return "", err
		}
		what = "picture " + hex.EncodeToString(r.SHA256)
	}
	sum := sha256.Sum256([]byte(what))
	return hex.EncodeToString(sum[:16]), nil
}

// markGone: nothing is ever handed out without the watermark that it should have.
func markGone() error {
	return fault.New(fault.Conflict, "preset.mark_gone", "The picture that is this preset's watermark is no longer there. Ask an administrator to choose another one.")
}

// markEdge is the longest edge of a picture that is a watermark, in pixels.
const markEdge = 2048

// drawMark puts the picture of a preset's watermark into a private folder and
// returns its name there.
func (s *Service) drawMark(ctx context.Context, who access.Actor, p Preset, id, dir string) (string, error) {
	name := "mark-" + id + ".png"
	if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
		return name, nil // another preset's of the same job
	}
	if p.Spec.Mark.Text != "" {
		var b bytes.Buffer
		if err := picture.DrawText(&b, p.Spec.Mark.Text); err != nil {
			return "", err
		}
		return name, os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644) //nolint:gosec // G306: the sandbox's user reads it
	}
	house := access.HouseActor(who.Tenant, part)
	var r asset.Revision
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) (err error) {
		_, r, err = s.ingest.ShownTx(ctx, tx, house, *p.MarkAsset)
		return err
	})
	if err != nil {
		return "", err
	}
	own := filepath.Join(dir, "mark")
	if err := os.MkdirAll(own, 0o755); err != nil { //nolint:gosec // G301: the sandbox's user goes there
		return "", err
	}
	of, err := s.ingest.Source(ctx, house, *p.MarkAsset, r, own)
	if err != nil {
		return "", err
	}
	_, err = s.engine.Render(ctx, dir, picture.Job{Input: of.Path, MediaType: of.MediaType, Outputs: []picture.Output{
		{Path: name, Recipe: picture.Recipe{Width: markEdge, Height: markEdge, Format: picture.PNG}},
	}})
	return name, err
}

// render has what is wanted made of an original, by as few decodes as it takes,
// and kept; likeness asks for the picture's likeness as well. The reply's outputs
// are in the order of list.
func (s *Service) render(ctx context.Context, who access.Actor, of ingest.Original, list []wanted, likeness bool) (reply picture.Reply, err error) {
	base := picture.Job{Input: of.Path, MediaType: of.MediaType, Limits: picture.Limits{MaxPixels: s.MaxPixels}}
	if len(list) == 0 {
		reply, err = s.engine.Render(ctx, of.Dir, base)
		return reply, err
	}
	jobs := map[bool]*picture.Job{}
	index := map[bool][]int{}
	for i, w := range list {
		if w.preset.Spec.Mark != nil {
			if w.recipe.Mark.Path, err = s.drawMark(ctx, who, w.preset, w.recipe.Mark.ID, of.Dir); err != nil {
				return reply, fmt.Errorf("rendition: draw a watermark: %w", err)
			}
		}
		keep := w.recipe.KeepColour
		if jobs[keep] == nil {
			job := base
			job.Likeness = likeness && len(jobs) == 0
			jobs[keep] = &job
		}
		jobs[keep].Outputs = append(jobs[keep].Outputs, picture.Output{Path: "rendition-" + strconv.Itoa(i) + "-" + w.address(), Recipe: w.recipe})
		index[keep] = append(index[keep], i)
	}
	made := make([]picture.Made, len(list))
	for _, keep := range []bool{false, true} {
		if jobs[keep] == nil {
			continue
		}
		like := reply.Likeness
		if reply, err = s.engine.Render(ctx, of.Dir, *jobs[keep]); err != nil {
			return reply, err
		}
		if reply.Likeness == nil {
			reply.Likeness = like
		}
		if len(reply.Outputs) != len(index[keep]) {
			return reply, fmt.Errorf("rendition: %d were made of %d", len(reply.Outputs), len(index[keep]))
		}
		for n, i := range index[keep] {
			made[i] = reply.Outputs[n]
		}
	}
	reply.Outputs = made
	if err := s.imprint(ctx, who, of, list, made); err != nil {
		return reply, err
	}
	return reply, s.keep(ctx, who, of, list, made)
}

// imprint has what is known of the asset written into what was made.
func (s *Service) imprint(ctx context.Context, who access.Actor, of ingest.Original, list []wanted, made []picture.Made) error {
	for i, w := range list {
		if w.digest == "" || s.Imprint == nil {
			continue
		}
		if err := s.Imprint(ctx, who, of.Asset, string(w.preset.Spec.Metadata), made[i].Path, made[i].MediaType); err != nil {
			return fmt.Errorf("rendition: imprint: %w", err)
		}
		info, err := os.Stat(made[i].Path)
		if err != nil {
			return fmt.Errorf("rendition: imprint: %w", err)
		}
		made[i].Size = info.Size()
	}
	return nil
}

// Make makes the renditions of an original that every revision gets and that
// are missing, with one decode where that is possible, and says what the
// picture is. The reply's outputs are those made now. A fault that is Invalid or
// TooLarge says why there is no picture; the reply then holds what is known. Any
// other error is worth another try.
func (s *Service) Make(ctx context.Context, who access.Actor, of ingest.Original) (picture.Reply, error) {
	width, height := uprightSize(of.Path)
	all, missing, err := s.eager(ctx, who, of, width, height)
	if err != nil {
		return picture.Reply{}, err
	}
	// What a document's page looks like, all of them look like.
	reply, err := s.render(ctx, who, of, missing, of.MediaType != picture.TypePDF)
	if err != nil {
		return reply, err
	}
	if reply.Likeness != nil {
		if err := s.keepLikeness(ctx, who, of.Revision, *reply.Likeness); err != nil {
			return reply, err
		}
	}
	return reply, s.settle(ctx, who, of.Revision, all)
}

// uprightSize reads a picture's size off its header; 0 × 0 when Go's part of
// the engines does not know it. What is wrong with the file, the engine says.
func uprightSize(path string) (width, height int) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return 0, 0
	}
	h, err := picture.ReadHeader(f, info.Size())
	if err != nil {
		return 0, 0
	}
	return h.Upright()
}

// eager lists what every revision gets, and what of it this one has not.
func (s *Service) eager(ctx context.Context, who access.Actor, of ingest.Original, width, height int) (all, missing []wanted, err error) {
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if err := s.inherit(ctx, tx, who, of, width, height); err != nil {
			return err
		}
		f, err := framingTx(ctx, tx, who, of.Revision)
		if err != nil {
			return err
		}
		own, err := presetsTx(ctx, tx, who)
		if err != nil {
			return err
		}
		have, err := haveTx(ctx, tx, of.Revision)
		if err != nil {
			return err
		}
		for _, p := range append(Presets(), own...) {
			if !p.Eager {
				continue
			}
			w, err := s.want(ctx, tx, who, p, of, f)
			if fault.KindOf(err) == fault.Conflict {
				continue // its watermark is gone: said to whoever asks for it
			}
			if err != nil {
				return err
			}
			all = append(all, w)
			if !slices.Contains(have, [2]string{p.Name, w.text()}) {
				missing = append(missing, w)
			}
		}
		return nil
	})
	return all, missing, err
}

const sqlHave = `select preset, recipe from rendition where revision_id = @revision`

func haveTx(ctx context.Context, tx pg.Tx, rev id.Revision) (have [][2]string, err error) {
	rows, err := tx.Query(ctx, sqlHave, pgx.StrictNamedArgs{"revision": rev})
	if err != nil {
		return nil, err
	}
	var preset, recipe string
	_, err = pgx.ForEachRow(rows, []any{&preset, &recipe}, func() error {
		have = append(have, [2]string{preset, recipe})
		return nil
	})
	return have, err
}

// settle retires what the presets of the list made of a revision by recipes
// that are no longer theirs.
func (s *Service) settle(ctx context.Context, who access.Actor, rev id.Revision, list []wanted) error {
	var presets, recipes []string
	for _, w := range list {
		presets, recipes = append(presets, w.preset.Name), append(recipes, w.text())
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		return s.retire(ctx, tx, who, sqlRetireRecipes, pgx.StrictNamedArgs{"revision": rev, "tenant": who.Tenant, "presets": presets, "recipes": recipes})
	})
}

// keep stores what was made: a condemnation for the case that we die, the
// bytes, and then the rows with the reprieve. Its key holds the rendition's own
// identifier besides revision and recipe, so that two attempts never meet.
func (s *Service) keep(ctx context.Context, who access.Actor, of ingest.Original, wants []wanted, made []picture.Made) error {
	now := s.now()
	list := make([]Rendition, len(made))
	keys := make([]blob.Key, len(made))
	for i, m := range made {
		r := Rendition{
			ID: id.New[id.Rendition](), Asset: of.Asset, Revision: of.Revision, Preset: wants[i].preset.Name, Recipe: wants[i].text(),
			MediaType: m.MediaType, Width: m.Width, Height: m.Height, Size: m.Size, CreatedAt: now,
		}
		r.Key = blob.Key("renditions/" + who.Tenant.String() + "/" + of.Revision.String() + "/" + wants[i].address() + "-" + r.ID.String())
		list[i], keys[i] = r, r.Key
	}
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		return s.ingest.CondemnLaterTx(ctx, tx, who.Tenant, within, keys...)
	})
	if err != nil {
		return err
	}
	for i, m := range made {
		if err := s.put(ctx, keys[i], m); err != nil {
			return fmt.Errorf("store a rendition: %w", err)
		}
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		for _, r := range list {
			if err := s.insert(ctx, tx, who, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) put(ctx context.Context, key blob.Key, m picture.Made) error {
	f, err := os.Open(m.Path)
	if err != nil {
		return err
	}
	_, err = s.blobs.Put(ctx, key, f, m.Size)
	return errors.Join(err, f.Close())
}
