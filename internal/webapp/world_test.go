// SPDX-License-Identifier: Apache-2.0

package webapp_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/blob/dir"
	"tillgang/internal/delivery"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/picture"
	"tillgang/internal/queue"
	"tillgang/internal/rendition"
	"tillgang/internal/search"
	"tillgang/internal/secret"
	"tillgang/internal/webapp"
)

// world is the door before real rooms, on a database of its own. No job runs:
// what is uploaded stays in preparation.
type world struct {
	t        *testing.T
	db       *pg.DB
	accounts *account.Service
	folders  *folder.Service
	assets   *asset.Service
	ingest   *ingest.Service
	url      string
	admin    access.Actor
	root     folder.Folder
	log      *lines
}

// lines collects what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const password = "kaffekopp-vinterdäck-lupiner-tub"

func newWorld(t *testing.T) (*world, *browser) {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), log: &lines{}}
	now := func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
	log := slog.New(slog.NewTextHandler(w.log, nil))
	store, err := dir.Open(t.TempDir())
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	w.accounts, err = account.New(w.db, now, account.Config{Key: bytes.Repeat([]byte("k"), 32), Hash: account.MinimumHashCost, Log: log})
	must(t, err)
	w.folders = folder.New(w.db, now)
	w.assets = asset.New(w.db, w.folders, now)
	q := queue.New(w.db.Pool(), log, queue.Config{InsertOnly: true})
	w.ingest = ingest.New(ingest.Rooms{DB: w.db, Blobs: store, Folders: w.folders, Assets: w.assets, Jobs: q}, ingest.Tools{}, ingest.Config{}, log, now)
	w.ingest.Register(q)
	must(t, q.Start(t.Context()))
	renditions := rendition.New(w.db, store, w.ingest, picture.Builtin{}, now)
	find := search.New(w.db, w.assets, now)
	signer, err := delivery.NewSigner(delivery.LinkKey{ID: "1", Secret: bytes.Repeat([]byte("s"), 32)})
	must(t, err)
	out := delivery.New(w.db, store, signer, now)
	w.react(find, out)

	token, err := w.accounts.Bootstrap(t.Context(), account.First{})
	must(t, err)
	pages, err := webapp.New(webapp.Config{
		Accounts: w.accounts, Audit: audit.New(w.db), Folders: w.folders, Assets: w.assets, Ingest: w.ingest,
		Renditions: renditions, Search: find, Delivery: out, Log: log, Now: now, BaseURL: "http://localhost", Version: "test",
	})
	must(t, err)
	s := httptest.NewServer(pages)
	t.Cleanup(s.Close)
	w.url = s.URL
	b := w.browser()
	b.signInByLink(token.Reveal())
	b.post("/password", "password", password, "twice", password).is(http.StatusSeeOther)
	in, err := w.accounts.SignIn(t.Context(), account.Attempt{Email: "admin@localhost", Password: secret.Exactly(password)})
	must(t, err)
	w.admin = in.Who
	top, err := w.folders.Children(t.Context(), w.admin, id.Folder{}, "", 1)
	must(t, err)
	w.root = top.Items[0]
	return w, b
}

// react wires what these tests need of the house's reactions.
func (w *world) react(find *search.Service, out *delivery.Service) {
	index := func(ctx context.Context, tx pg.Tx, _ access.Actor, list ...asset.Asset) error {
		return find.IndexTx(ctx, tx, list...)
	}
	w.accounts.OnTenantMade = w.folders.MakeTenantFoldersTx
	w.folders.OnACLChanged = func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64) error {
		if err := w.assets.ACLChangedTx(ctx, tx, who, acls); err != nil {
			return err
		}
		return find.RightsTx(ctx, tx, acls)
	}
	w.assets.OnStored, w.assets.OnChanged = index, index
	w.assets.OnDeleted = func(ctx context.Context, tx pg.Tx, _ access.Actor, ids []id.Asset) error {
		return find.RemoveTx(ctx, tx, ids...)
	}
	w.assets.OnRestored = func(ctx context.Context, tx pg.Tx, _ access.Actor, list []asset.Asset) error {
		return find.IndexTx(ctx, tx, list...)
	}
	out.Recall = w.accounts.RecallTx
}

// folder makes a folder where only the named account has the built-in role.
func (w *world) folder(name string, to id.Account, role string) folder.Folder {
	w.t.Helper()
	f, err := w.folders.Create(w.t.Context(), w.admin, w.root.ID, name)
	must(w.t, err)
	roles, err := w.accounts.Roles(w.t.Context(), w.admin)
	must(w.t, err)
	for _, r := range roles {
		if r.Name == role {
			f, err = w.folders.SetGrants(w.t.Context(), w.admin, f.ID, f.Version, false, []folder.Give{{Principal: to.UUID(), Role: r.ID}})
			must(w.t, err)
			return f
		}
	}
	w.t.Fatalf("there is no role %s", role)
	return f
}

func (w *world) store(in id.Folder, name, content string) asset.Asset {
	w.t.Helper()
	a, err := w.ingest.Receive(w.t.Context(), w.admin, ingest.Plan{Folder: in, Name: name, Size: -1}, strings.NewReader(content))
	must(w.t, err)
	return a
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	*http.Client
	w        *world
	language string
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	return &browser{w: w, language: "en", Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// person signs somebody new in, who has no right at all.
func (w *world) person(email string) (*browser, id.Account) {
	w.t.Helper()
	link, err := w.accounts.Invite(w.t.Context(), w.admin, account.NewAccount{Email: email, Name: "Eva Ek"})
	must(w.t, err)
	b := w.browser()
	b.signInByLink(link.Token.Reveal())
	return b, link.Account.ID
}

func (b *browser) signInByLink(token string) {
	b.w.t.Helper()
	b.post("/sign-in/link", "token", "http://localhost/sign-in/link#"+token).is(http.StatusSeeOther)
}

// shown is an answer, read to its end.
type shown struct {
	*http.Response
	t    *testing.T
	text string
}

func (b *browser) do(method, path, contentType string, body io.Reader) shown {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.url+path, body)
	must(b.w.t, err)
	r.Header.Set("Accept-Language", b.language)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := b.Do(r)
	must(b.w.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(b.w.t, err)
	return shown{answer, b.w.t, string(text)}
}

func (b *browser) get(path string) shown {
	b.w.t.Helper()
	return b.do(http.MethodGet, path, "", nil)
}

func (b *browser) post(path string, pairs ...string) shown {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// upload sends a form with files, as a browser without scripts does.
func (b *browser) upload(to string, files ...[2]string) shown {
	b.w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	must(b.w.t, form.WriteField("folder", to))
	for _, f := range files {
		part, err := form.CreateFormFile("file", f[0])
		must(b.w.t, err)
		_, err = io.WriteString(part, f[1])
		must(b.w.t, err)
	}
	must(b.w.t, form.Close())
	return b.do(http.MethodPost, "/upload", form.FormDataContentType(), &body)
}

func (s shown) is(status int) shown {
	s.t.Helper()
	if s.StatusCode != status {
		s.t.Fatalf("%s %s: %d, want %d\n%s", s.Request.Method, s.Request.URL.Path, s.StatusCode, status, s.text)
	}
	return s
}

func (s shown) has(texts ...string) shown {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.text, text) {
			s.t.Errorf("%s %s does not say %q:\n%s", s.Request.Method, s.Request.URL.Path, text, s.text)
		}
	}
	return s
}

func (s shown) lacks(texts ...string) shown {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.text, text) {
			s.t.Errorf("%s %s says %q:\n%s", s.Request.Method, s.Request.URL.Path, text, s.text)
		}
	}
	return s
}

func (s shown) to() string { return s.Header.Get("Location") }
