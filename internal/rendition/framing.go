// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
)

// Framing says how a revision is framed, without touching its original. Places
// are kept of the upright picture before it is turned, and asked for and
// answered of the picture as it is shown: turned.
type Framing struct {
	Turn  int  // degrees clockwise: 0, 90, 180 or 270
	Flip  bool // mirrored left to right, before it is turned
	Focal *picture.Point
	Crops map[string]picture.Area // by a preset's name, or by proportions such as "16:9"
}

// Shown is the framing with its places of the picture as it is shown.
func (f Framing) Shown() Framing {
	out := Framing{Turn: f.Turn, Flip: f.Flip, Crops: map[string]picture.Area{}}
	if f.Focal != nil {
		p := f.turnPoint(*f.Focal)
		out.Focal = &p
	}
	for of, a := range f.Crops {
		out.Crops[of] = f.turnArea(a)
	}
	return out
}

// turnArea returns an area of the upright picture as it lies in the turned one.
func (f Framing) turnArea(a picture.Area) picture.Area {
	if a == (picture.Area{}) {
		return a
	}
	if f.Flip {
		a.X = picture.Unit - a.X - a.Width
	}
	for range f.Turn / 90 {
		a = picture.Area{X: picture.Unit - a.Y - a.Height, Y: a.X, Width: a.Height, Height: a.Width}
	}
	return a
}

// upright returns an area of the turned picture as it lies in the upright one.
func (f Framing) upright(a picture.Area) picture.Area {
	for range (4 - f.Turn/90) % 4 {
		a = picture.Area{X: picture.Unit - a.Y - a.Height, Y: a.X, Width: a.Height, Height: a.Width}
	}
	if f.Flip {
		a.X = picture.Unit - a.X - a.Width
	}
	return a
}

func (f Framing) turnPoint(p picture.Point) picture.Point {
	a := f.turnArea(picture.Area{X: p.X, Y: p.Y})
	if p == (picture.Point{}) {
		return p
	}
	return picture.Point{X: min(max(a.X, 1), picture.Unit), Y: min(max(a.Y, 1), picture.Unit)}
}

// crop is the part of the turned picture that a preset uses: what was chosen
// for the preset, else for its proportions.
func (f Framing) crop(p Preset) picture.Area {
	a, ok := f.Crops[p.Name]
	if !ok && p.Spec.Fit == picture.Cover && p.Spec.Width > 0 && p.Spec.Height > 0 {
		d := gcd(p.Spec.Width, p.Spec.Height)
		a = f.Crops[strconv.Itoa(p.Spec.Width/d)+":"+strconv.Itoa(p.Spec.Height/d)]
	}
	return f.turnArea(a)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// proportions reads "16:9", in its lowest terms.
func proportions(text string) (string, bool) {
	w, h, ok := strings.Cut(text, ":")
	a, err := strconv.Atoi(w)
	b, err2 := strconv.Atoi(h)
	if !ok || err != nil || err2 != nil || a < 1 || b < 1 || a > 9999 || b > 9999 {
		return "", false
	}
	d := gcd(a, b)
	return strconv.Itoa(a/d) + ":" + strconv.Itoa(b/d), true
}

const sqlFraming = `
	select f.turn, f.flip, f.focal_x, f.focal_y, f.crops from framing f where f.revision_id = @revision and f.tenant_id = @tenant`

func framingTx(ctx context.Context, tx pg.Tx, who access.Actor, rev id.Revision) (f Framing, err error) {
	var x, y *int
	err = tx.QueryRow(ctx, sqlFraming, pgx.StrictNamedArgs{"revision": rev, "tenant": who.Tenant}).Scan(&f.Turn, &f.Flip, &x, &y, &f.Crops)
	if errors.Is(err, pgx.ErrNoRows) {
		return Framing{}, nil
	}
	if x != nil && y != nil {
		f.Focal = &picture.Point{X: *x, Y: *y}
	}
	return f, err
}

const sqlFrame = `
	insert into framing (revision_id, tenant_id, asset_id, turn, flip, focal_x, focal_y, crops, changed_at, changed_by)
	values (@revision, @tenant, @asset, @turn, @flip, @x, @y, @crops, @now, @by)
	on conflict (revision_id) do update set turn = @turn, flip = @flip, focal_x = @x, focal_y = @y, crops = @crops, changed_at = @now, changed_by = @by`

func (s *Service) frameTx(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset, rev id.Revision, f Framing) error {
	args := pgx.StrictNamedArgs{
		"revision": rev, "tenant": who.Tenant, "asset": of, "turn": f.Turn, "flip": f.Flip, "x": nil, "y": nil, "crops": f.Crops,
		"now": s.now(), "by": who.ID,
	}
	if f.Crops == nil {
		args["crops"] = map[string]picture.Area{}
	}
	if f.Focal != nil {
		args["x"], args["y"] = f.Focal.X, f.Focal.Y
	}
	_, err := tx.Exec(ctx, sqlFrame, args)
	return err
}

// Framed returns how an asset that who may see is framed.
func (s *Service) Framed(ctx context.Context, who access.Actor, of id.Asset) (f Framing, err error) {
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		a, _, err := s.ingest.ShownTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		f, err = framingTx(ctx, tx, who, a.Revision)
		return err
	})
	return f.Shown(), err
}

// Reframe is one change of how an asset is framed.
type Reframe struct {
	Verb string // of the log of deeds, such as "asset.crop"

	Turn  *int  // degrees clockwise
	Flip  *bool // mirrored left to right
	Focal *picture.Point
	Crop  *picture.Area
	Of    string // what Crop is for: a preset's name or proportions such as "16:9"

	NoFocal, NoCrop bool // take it away
}

// most crops of one asset.
const maxCrops = 50

// Reframe changes how an asset's active revision is framed, which takes Edit.
// Its renditions are made anew; the old ones are shown until then and stay
// fetchable for a while.
func (s *Service) Reframe(ctx context.Context, who access.Actor, of id.Asset, to Reframe) (f Framing, err error) {
	if err := who.Require(0); err != nil {
		return Framing{}, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		a, err := s.ingest.HoldTx(ctx, tx, who, of, access.Edit)
		if err != nil {
			return err
		}
		if a.Kind != asset.Image && a.Kind != asset.Document {
			return fault.New(fault.Conflict, "framing.kind", "Only pictures and documents can be framed.")
		}
		if f, err = framingTx(ctx, tx, who, a.Revision); err != nil {
			return err
		}
		if err := s.reframed(ctx, tx, who, &f, to); err != nil {
			return err
		}
		if err := s.frameTx(ctx, tx, who, of, a.Revision, f); err != nil {
			return err
		}
		if a.State != asset.Quarantined && s.Jobs != nil {
			if err := s.Jobs.Enqueue(ctx, tx, RemakeArgs{Tenant: who.Tenant, Asset: of, Revision: a.Revision}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.now(), Who: who, Verb: to.Verb, Subject: of.String(), Detail: map[string]any{"revision": a.Revision.String(), "of": to.Of},
		})
	})
	return f.Shown(), err
}

func (s *Service) reframed(ctx context.Context, tx pg.Tx, who access.Actor, f *Framing, to Reframe) error {
	bad := func(field, what string) error {
		return fault.Fields("framing.invalid", "The picture cannot be framed in this way.", map[string]string{field: what})
	}
	if to.Turn != nil {
		if *to.Turn%90 != 0 || *to.Turn < 0 || *to.Turn > 270 {
			return bad("degrees", "must be 0, 90, 180 or 270")
		}
		f.Turn = *to.Turn
	}
	if to.Flip != nil {
		f.Flip = *to.Flip
	}
	switch {
	case to.NoFocal:
		f.Focal = nil
	case to.Focal != nil:
		p := *to.Focal
		if p.X < 0 || p.Y < 0 || p.X > picture.Unit || p.Y > picture.Unit {
			return bad("x", "must lie within the picture, from 0 to 1")
		}
		a := f.upright(picture.Area{X: p.X, Y: p.Y})
		f.Focal = &picture.Point{X: max(a.X, 1), Y: max(a.Y, 1)}
	}
	if to.Crop == nil && !to.NoCrop {
		return nil
	}
	name, ok := proportions(to.Of)
	if !ok {
		name = to.Of
		if _, err := s.presetTx(ctx, tx, who, name); err != nil {
			return err
		}
	}
	if to.NoCrop {
		delete(f.Crops, name)
		return nil
	}
	if c := *to.Crop; c.X < 0 || c.Y < 0 || c.Width < 1 || c.Height < 1 || c.X+c.Width > picture.Unit || c.Y+c.Height > picture.Unit {
		return bad("width", "the part must lie within the picture")
	}
	if f.Crops == nil {
		f.Crops = map[string]picture.Area{}
	}
	if f.Crops[name] = f.upright(*to.Crop); len(f.Crops) > maxCrops {
		return bad("of", fmt.Sprintf("at most %d crops of one asset", maxCrops))
	}
	return nil
}

const sqlFramedBefore = `
	select p.id, p.width, p.height from revision r join revision p on p.asset_id = r.asset_id and p.number < r.number
	join framing f on f.revision_id = p.id
	where r.id = @revision and r.tenant_id = @tenant and p.width > 0 and p.height > 0
		and not exists (select from framing g where g.revision_id = r.id)
	order by p.number desc limit 1`

// inherit frames a revision like the one before it that was framed, if both
// have the same proportions.
func (s *Service) inherit(ctx context.Context, tx pg.Tx, who access.Actor, of ingest.Original, width, height int) error {
	if width < 1 || height < 1 {
		return nil
	}
	var before id.Revision
	var w, h int
	err := tx.QueryRow(ctx, sqlFramedBefore, pgx.StrictNamedArgs{"revision": of.Revision, "tenant": who.Tenant}).Scan(&before, &w, &h)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if math.Abs(float64(w)*float64(height)/(float64(h)*float64(width))-1) > 0.01 {
		return nil
	}
	f, err := framingTx(ctx, tx, who, before)
	if err != nil {
		return err
	}
	return s.frameTx(ctx, tx, who, of.Asset, of.Revision, f)
}
