// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
	"tillgang/internal/search/madeup"
)

// How much bench-data makes beside the assets.
const (
	benchGroups   = 40
	benchProfiles = 48 // different rights in folders
	benchPeople   = 20
	benchBatch    = 1000 // assets in one transaction
)

// benchDataCommand makes a tenant up, as large as one likes, to measure in. All
// of it is made by the rooms' own verbs, so that everything works with it; only
// the files are not there.
func benchDataCommand(ctx context.Context, cfg Config, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("bench-data", flag.ContinueOnError)
	b := &benchData{out: out}
	flags.StringVar(&b.slug, "tenant", "bench", "the new tenant's short name")
	flags.IntVar(&b.assets, "assets", 100_000, "how many assets")
	flags.IntVar(&b.folders, "folders", 2000, "how many folders")
	flags.Uint64Var(&b.seed, "seed", 1, "another seed makes other data")
	flags.BoolVar(&b.resume, "resume", false, "go on where the command was interrupted; the other flags must be the same")
	flags.IntVar(&b.workers, "parallel", runtime.NumCPU()+1, "transactions at the same time")
	if err = flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || b.assets < 1 || b.assets > 10_000_000 || b.folders < 1 || b.folders > 50_000 || b.workers < 1 {
		return fmt.Errorf("bench-data takes 1 to 10,000,000 --assets and 1 to 50,000 --folders: %w", errUsage)
	}
	h, err := open(ctx, cfg, quiet(), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(context.WithoutCancel(ctx))) }()
	b.h, b.made = h, madeup.New(b.seed, b.assets, b.folders)
	return b.run(ctx)
}

type benchData struct {
	h       *house
	out     io.Writer
	slug    string
	assets  int
	folders int
	seed    uint64
	resume  bool
	workers int

	made   *madeup.Archive
	who    access.Actor
	groups []account.Group
	at     []id.Folder // by number
}

func (b *benchData) say(format string, args ...any) { _, _ = fmt.Fprintf(b.out, format+"\n", args...) }

// email is the address of one of the tenant's people.
func (b *benchData) email(name string) string { return name + "@" + b.slug + ".example" }

func (b *benchData) run(ctx context.Context) error {
	tenant, err := b.h.accounts.TenantBySlug(ctx, b.slug)
	switch {
	case err == nil && !b.resume:
		return fmt.Errorf("there is a tenant %q already: name another with --tenant, or go on with --resume if this command made it and was interrupted", b.slug)
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return err
	case err != nil:
		if tenant, err = b.h.accounts.CreateTenant(ctx, "bench-data", b.slug, "Bench data ("+b.slug+")", account.First{Email: b.email("admin"), Name: "Bench Administrator"}); err != nil {
			return err
		}
	}
	b.who = access.HouseActor(tenant, "bench-data")
	b.say("Making tenant %q: %d assets in %d folders under up to %d different rights, %d groups, %d people.", b.slug, b.assets, b.folders, benchProfiles, benchGroups, benchPeople)
	b.say("The assets have descriptions, and documents have texts; there are no files: whoever wants to fetch one is told so.")
	b.say("When this is interrupted, what is made stays and is whole; the same command with --resume goes on.")
	for _, step := range []func(context.Context) error{b.makeGroups, b.makePeople, b.makeFolders, b.fill} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := pg.Tidy(ctx, b.h.dbURL, b.h.dial); err != nil {
		return err
	}
	if err := pg.KeepRecent(ctx, b.h.dbURL, b.h.dial, search.RecentFrom); err != nil {
		return err
	}
	b.say("Sign in as an administrator, as somebody in 4 of the %d groups, in one, or in none:", benchGroups)
	for _, name := range []string{"admin", "ordinary", "one", "none"} {
		b.say("  tillgang person link %s --tenant %s", b.email(name), b.slug)
	}
	return nil
}

func (b *benchData) makeGroups(ctx context.Context) error {
	have, err := b.h.accounts.Groups(ctx, b.who)
	if err != nil {
		return err
	}
	for i := range benchGroups {
		name := fmt.Sprintf("Grupp %02d", i)
		at := slices.IndexFunc(have, func(g account.Group) bool { return g.Name == name })
		if at < 0 {
			g, err := b.h.accounts.CreateGroup(ctx, b.who, name)
			if err != nil {
				return err
			}
			have, at = append(have, g), len(have)
		}
		b.groups = append(b.groups, have[at])
	}
	return nil
}

// makePeople makes accounts: three with known groups, the others in some.
func (b *benchData) makePeople(ctx context.Context) error {
	for i := range benchPeople {
		name, in := fmt.Sprintf("person%02d", i), []int{}
		switch i {
		case 0:
			name, in = "ordinary", []int{3, 4, 5, 6}
		case 1:
			name, in = "one", []int{9}
		case 2:
			name = "none"
		default:
			for g := range 1 + i%4 {
				in = append(in, (i*7+g*11)%benchGroups)
			}
		}
		a, err := b.h.accounts.Create(ctx, b.who, account.NewAccount{Email: b.email(name), Name: "Bench " + name})
		if fault.CodeOf(err) == "account.exists" {
			list, lerr := b.h.accounts.List(ctx, b.who, account.Filter{Q: b.email(name), Limit: benchPeople})
			err = lerr
			for _, one := range list.Items {
				if one.Email == b.email(name) { // "one" is a part of "none", too
					a = one
				}
			}
		}
		if err != nil {
			return err
		}
		for _, g := range in {
			if err := b.h.accounts.AddMember(ctx, b.who, b.groups[g].ID, account.Member{Account: a.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeFolders makes the tree, and the rights in it as its profiles say.
func (b *benchData) makeFolders(ctx context.Context) error {
	have, err := b.tree(ctx)
	if err != nil {
		return err
	}
	roles, err := b.h.accounts.Roles(ctx, b.who)
	if err != nil {
		return err
	}
	role := map[string]id.Role{}
	for _, r := range roles {
		role[r.Name] = r.ID
	}
	profiles, folders := b.made.Profiles(benchProfiles, benchGroups), b.made.Folders(benchProfiles)
	bar := b.bar("folders", len(folders))
	defer func() { _ = bar.Finish() }()
	b.at = make([]id.Folder, len(folders))
	for i, f := range folders {
		_ = bar.Add(1)
		if i == 0 {
			b.at[0] = have[""].ID
			continue
		}
		one, known := have[f.Name]
		if !known {
			if one, err = b.h.folders.Create(ctx, b.who, b.at[f.Parent], f.Name); err != nil {
				return err
			}
		}
		b.at[i] = one.ID
		if f.Profile < 0 || !one.Inherit {
			continue
		}
		var give []folder.Give
		for _, r := range profiles[f.Profile] {
			as := role["downloader"]
			if r.Edit {
				as = role["editor"]
			}
			give = append(give, folder.Give{Principal: b.groups[r.Group].ID.UUID(), Role: as})
		}
		if _, err := b.h.folders.SetGrants(ctx, b.who, one.ID, 0, false, give); err != nil {
			return err
		}
	}
	return nil
}

// tree lists the folders that are there, by name; the root by none.
func (b *benchData) tree(ctx context.Context) (map[string]folder.Folder, error) {
	have := map[string]folder.Folder{}
	cursor := ""
	for {
		p, err := b.h.folders.Tree(ctx, b.who, cursor, 200)
		if err != nil {
			return nil, err
		}
		for _, f := range p.Items {
			if f.Purpose == folder.PurposeRoot {
				f.Name = ""
			}
			have[f.Name] = f
		}
		if cursor = p.Next; cursor == "" {
			return have, nil
		}
	}
}

// fill makes the assets, in transactions of benchBatch, some at a time.
func (b *benchData) fill(ctx context.Context) error {
	todo, err := b.todo(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	bar := b.bar("assets", b.assets)
	_ = bar.Add(b.assets - len(todo)*benchBatch)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range b.workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(todo) {
					return
				}
				if err := b.batch(ctx, todo[i]); err != nil {
					stop(err)
				}
				_ = bar.Add(benchBatch)
			}
		})
	}
	wg.Wait()
	_ = bar.Finish()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	n, took := min(len(todo)*benchBatch, b.assets), time.Since(start)
	b.say("%d assets made and indexed in %.0f s (%.0f assets/s).", n, took.Seconds(), float64(n)/took.Seconds())
	return nil
}

// todo lists the first number of each batch that is not there. A batch is there
// when its first asset is.
func (b *benchData) todo(ctx context.Context) (list []int, err error) {
	for from := 0; from < b.assets; from += benchBatch {
		list = append(list, from)
	}
	if !b.resume {
		return list, nil
	}
	var left []int
	for part := range slices.Chunk(list, 200) {
		ids := make([]id.Asset, len(part))
		for i, n := range part {
			ids[i] = b.made.Asset(b.who.Tenant, n, b.who.ID).ID
		}
		found, err := b.h.assets.ByIDs(ctx, b.who, ids)
		if err != nil {
			return nil, err
		}
		for i, n := range part {
			if !slices.ContainsFunc(found, func(a asset.Asset) bool { return a.ID == ids[i] }) {
				left = append(left, n)
			}
		}
	}
	return left, nil
}

func (b *benchData) batch(ctx context.Context, from int) error {
	in, texts := map[id.Folder][]asset.Made{}, map[id.Revision][]string{}
	to := min(from+benchBatch, b.assets)
	for n := from; n < to; n++ {
		m := b.made.Asset(b.who.Tenant, n, b.who.ID)
		in[b.at[m.Folder]] = append(in[b.at[m.Folder]], m.Made)
		if len(m.Texts) > 0 {
			texts[m.Revision] = m.Texts
		}
	}
	return pg.In(ctx, b.h.db, b.who.Tenant, func(tx pg.Tx) error {
		if err := pg.Many(ctx, tx); err != nil {
			return err
		}
		if err := b.h.assets.MakeTx(ctx, tx, b.who, in, func() error { return b.h.ingest.MakeTextsTx(ctx, tx, b.who, texts) }); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Who: b.who, At: clock(), Verb: "bench.make", Subject: b.who.Tenant.String(), Detail: map[string]any{"from": from, "assets": to - from}})
	})
}

func (b *benchData) bar(what string, n int) *progressbar.ProgressBar {
	return progressbar.NewOptions(n, progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetWriter(b.out), progressbar.OptionClearOnFinish())
}
