// SPDX-License-Identifier: Apache-2.0

package rendition_test

import (
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/blob/dir"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/picture"
	"tillgang/internal/queue"
	"tillgang/internal/rendition"
)

// engine carries out jobs with grey pictures of the right size. How a picture
// becomes a small one is the picture tool's to test.
type engine struct {
	calls    [][]string // the recipes of each call
	likeness *uint64
	fails    error
}

func (*engine) Name() string               { return "test" }
func (*engine) Reads(string) bool          { return true }
func (*engine) Writes(picture.Format) bool { return true }
func (e *engine) Render(_ context.Context, dir string, j picture.Job) (picture.Reply, error) {
	reply := picture.Reply{MediaType: picture.TypeJPEG, Width: 4000, Height: 3000, Likeness: e.likeness}
	var recipes []string
	for _, o := range j.Outputs {
		recipes = append(recipes, o.Recipe.String())
		size, _ := o.Recipe.Plan(4000, 3000, false)
		f, err := os.Create(filepath.Join(dir, o.Path))
		if err != nil {
			return reply, err
		}
		if err := jpeg.Encode(f, image.NewGray(image.Rectangle{Max: size}), nil); err != nil {
			return reply, err
		}
		at, _ := f.Seek(0, 1)
		_ = f.Close()
		reply.Outputs = append(reply.Outputs, picture.Made{Path: f.Name(), Width: size.X, Height: size.Y, MediaType: picture.TypeJPEG, Size: at})
	}
	e.calls = append(e.calls, recipes)
	return reply, e.fails
}

type world struct {
	*rendition.Service
	db     *pg.DB
	store  blob.Store
	ingest *ingest.Service
	assets *asset.Service
	engine *engine
	who    access.Actor
	asset  asset.Asset
	ahead  time.Duration
	now    func() time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), engine: &engine{}}
	now := func() time.Time { return time.Now().UTC().Add(w.ahead).Truncate(time.Microsecond) }
	w.now = now
	log := slog.New(slog.DiscardHandler)
	store, err := dir.Open(t.TempDir())
	must(t, err)
	w.store = store
	tenant := pgtest.Tenant(t, w.db)
	w.who = access.Actor{Kind: access.Person, ID: "acc_test", Tenant: tenant, Own: access.Grant{Everywhere: access.Content}, Scope: access.All}
	folders := folder.New(w.db, now)
	w.assets = asset.New(w.db, folders, now)
	q := queue.New(w.db.Pool(), log, queue.Config{InsertOnly: true})
	w.ingest = ingest.New(ingest.Rooms{DB: w.db, Blobs: store, Folders: folders, Assets: w.assets, Jobs: q}, ingest.Tools{}, ingest.Config{}, log, now)
	w.ingest.Register(q)
	must(t, q.Start(t.Context()))
	w.Service = rendition.New(w.db, store, w.ingest, w.engine, now)
	must(t, pg.In(t.Context(), w.db, tenant, func(tx pg.Tx) error {
		return folders.MakeTenantFoldersTx(t.Context(), tx, access.HouseActor(tenant, "test"))
	}))
	w.asset, err = w.ingest.Receive(t.Context(), w.who, ingest.Plan{Name: "a.txt", Size: -1}, strings.NewReader("stands for a picture"))
	must(t, err)
	return w
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func (w *world) make(t *testing.T) (picture.Reply, error) {
	t.Helper()
	return w.Make(t.Context(), access.HouseActor(w.who.Tenant, "test"), ingest.Original{
		Asset: w.asset.ID, Revision: w.asset.Revision, Path: "/nowhere", Dir: t.TempDir(),
	})
}

// shown lists what who gets to see of the asset.
func (w *world) shown(t *testing.T, who access.Actor) (out []string) {
	t.Helper()
	all, err := w.ForAssets(t.Context(), who, []id.Asset{w.asset.ID})
	must(t, err)
	for _, r := range all[w.asset.ID] {
		out = append(out, fmt.Sprintf("%s %dx%d", r.Preset, r.Width, r.Height))
	}
	return out
}

// stored counts the objects that are no originals, and the condemned ones.
func (w *world) stored(t *testing.T) (objects, condemned int) {
	t.Helper()
	for _, err := range w.store.List(t.Context(), "renditions/") {
		must(t, err)
		objects++
	}
	must(t, pg.In(t.Context(), w.db, w.who.Tenant, func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), "select count(*) from condemned_blob").Scan(&condemned)
	}))
	return objects, condemned
}

var three = []string{"small 320x240", "medium 1024x768", "large 2048x1536"}

func TestAllPresetsAreMadeByOneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.make(t)
	must(t, err)
	if d := cmp.Diff(three, w.shown(t, w.who)); d != "" {
		t.Error(d)
	}
	if len(w.engine.calls) != 1 || len(w.engine.calls[0]) != 3 {
		t.Errorf("the engine was called for %v", w.engine.calls)
	}
	if objects, condemned := w.stored(t); objects != 3 || condemned != 0 {
		t.Errorf("%d objects, %d condemned", objects, condemned)
	}
}

func TestMakingTwiceMakesOnlyWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.make(t)
	must(t, err)
	must(t, pg.In(t.Context(), w.db, w.who.Tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "delete from rendition where preset = 'medium'")
		return err
	}))
	for range 2 {
		reply, err := w.make(t)
		if err != nil || reply.Width != 4000 {
			t.Errorf("%d pixels wide, %v", reply.Width, err)
		}
	}
	want := [][]string{
		{picture.Box(320).String(), picture.Box(1024).String(), picture.Box(2048).String()}, {picture.Box(1024).String()}, nil,
	}
	if d := cmp.Diff(want, w.engine.calls); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(three, w.shown(t, w.who)); d != "" {
		t.Error(d)
	}
}

func TestWhatDiesBeforeItIsNamedIsSweptUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := w.asset
	w.asset.ID = id.New[id.Asset]() // naming the renditions fails: there is no such asset
	if _, err := w.make(t); err == nil {
		t.Fatal("renditions of nothing were kept")
	}
	if objects, condemned := w.stored(t); objects != 3 || condemned != 3 {
		t.Errorf("%d objects, %d condemned", objects, condemned)
	}
	house := access.HouseActor(w.who.Tenant, "test")
	must(t, w.ingest.Sweep(t.Context(), house))
	if objects, _ := w.stored(t); objects != 3 {
		t.Errorf("%d objects are left while they might still be named", objects)
	}
	w.ahead = 24 * time.Hour
	must(t, w.ingest.Sweep(t.Context(), house))
	if objects, condemned := w.stored(t); objects != 0 || condemned != 0 {
		t.Errorf("%d objects, %d condemned", objects, condemned)
	}
	w.asset = gone
	_, err := w.make(t)
	must(t, err)
}

func TestRenditionsAreShownToWhoMaySeeTheAsset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.make(t)
	must(t, err)
	viewer, stranger, other := w.who, w.who, w.who
	viewer.ID, viewer.Scope = "acc_viewer", access.View
	stranger.Own = access.Grant{}
	other.Tenant = pgtest.Tenant(t, w.db)
	if d := cmp.Diff(three, w.shown(t, viewer)); d != "" {
		t.Error(d)
	}
	for name, who := range map[string]access.Actor{"stranger": stranger, "other tenant": other} {
		if got := w.shown(t, who); len(got) > 0 {
			t.Errorf("%s sees %v", name, got)
		}
	}
	set := func(change string) {
		must(t, pg.In(t.Context(), w.db, w.who.Tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(t.Context(), "update asset set "+change)
			return err
		}))
	}
	set("embargo_until = now() + interval '1 day'")
	if got := w.shown(t, viewer); len(got) > 0 {
		t.Errorf("a viewer sees %v before the embargo ends", got)
	}
	if got := w.shown(t, w.who); len(got) != 3 {
		t.Errorf("an editor sees %v before the embargo ends", got)
	}
	set("embargo_until = null, deleted_at = now()")
	if got := w.shown(t, viewer); len(got) > 0 {
		t.Errorf("a viewer sees %v in the bin", got)
	}
	if got := w.shown(t, w.who); len(got) != 3 {
		t.Errorf("who may delete sees %v in the bin", got)
	}
	set("deleted_at = null, state = 'quarantined', state_reason = 'held back'")
	if got := w.shown(t, w.who); len(got) > 0 {
		t.Errorf("an editor sees %v of a quarantined asset", got)
	}
}

func TestOneRenditionIsFoundByItsPreset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.make(t)
	must(t, err)
	must(t, pg.In(t.Context(), w.db, w.who.Tenant, func(tx pg.Tx) error {
		r, err := w.ByPresetTx(t.Context(), tx, w.who, w.asset.ID, rendition.Medium)
		if err != nil || r.Width != 1024 {
			t.Errorf("%d pixels wide, %v", r.Width, err)
		}
		_, err = w.ByPresetTx(t.Context(), tx, w.who, w.asset.ID, "huge")
		if fault.CodeOf(err) != "rendition.not_found" {
			t.Error(err)
		}
		return nil
	}))
}

func TestAFaultOfThePictureIsHandedOnWithWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.engine.fails = fault.New(fault.TooLarge, picture.CodeTooLarge, "Too large.")
	reply, err := w.make(t)
	if fault.CodeOf(err) != picture.CodeTooLarge || reply.Width != 4000 {
		t.Errorf("%+v, %v", reply, err)
	}
	if objects, condemned := w.stored(t); objects != 0 || condemned != 0 {
		t.Errorf("%d objects, %d condemned", objects, condemned)
	}
}
