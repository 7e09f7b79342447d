// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/delivery"
	"tillgang/internal/document"
	"tillgang/internal/folder"
	"tillgang/internal/httpmedia"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/picture"
	"tillgang/internal/sandbox"
	"tillgang/internal/secret"
)

// TestMain lets the test binary be the program: the sandbox starts it again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{sandbox.Command, picture.WorkerArg, document.WorkerArg}, os.Args[1]) {
		os.Exit(Start(os.Args[1:]))
	}
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// world is a whole house behind a real HTTP server, on a database of its own.
type world struct {
	*house
	t      *testing.T
	url    string
	owner  string // database URL of the schema's owner
	tenant id.Tenant

	ownerDB *pgx.Conn // behind the wall, for looking at what changed
	tables  []string
	said    *notebook                   // the log, from warnings upwards
	heard   func(*http.Request, answer) // told of every exchange; nil: nobody listens

	// A request on a kept connection that the server closed meanwhile, without
	// a word, is sent again, as browsers do with every method.
	resend bool
}

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	return settle(t, true, change...)
}

// newStillWorld is a world where no job runs, so that nothing changes but by
// what the test does.
func newStillWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	return settle(t, false, change...)
}

func settle(t *testing.T, works bool, change ...func(*Config)) *world {
	t.Helper()
	owner := pgtest.URL(t)
	data := filepath.Join(os.TempDir(), "tillgang-app-"+id.New[id.Upload]().String()) // t.TempDir is closed to the user that tools run as
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	cfg := Config{
		Data: data, BaseURL: "http://localhost", DatabaseURL: secret.New(owner), Countries: []string{"SE"}, Workers: 2,
		MaxUpload: 1 << 30, MaxPixels: 400_000_000, AdminEmail: "admin@localhost", Secret: secret.New(strings.Repeat("test ", 8)),
	}
	cfg.Jobs = works
	for _, c := range change {
		c(&cfg)
	}
	said := &notebook{}
	log := slog.New(slog.NewTextHandler(io.MultiWriter(testWriter{t}, said), &slog.HandlerOptions{Level: slog.LevelWarn}))
	h, err := open(t.Context(), cfg, log, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	w := &world{house: h, t: t, owner: cfg.DatabaseURL.Reveal(), said: said}
	if w.tenant, err = h.accounts.Prepare(t.Context(), account.First{}); err != nil {
		t.Fatal(err)
	}
	if err := h.queue.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.onClose(h.queue.Stop)
	doors, err := h.doors(newHealth(h, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(doors)
	s.Listener, s.Config.ConnContext = httpmedia.Listener(s.Listener), httpmedia.ConnContext
	s.Start()
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

// self is the house acting in a tenant.
func (w *world) self(tenant id.Tenant) access.Actor { return access.HouseActor(tenant, "test") }

// asker is somebody who sends requests.
type asker struct {
	name    string
	header  string // Authorization
	cookie  string
	account account.Account
}

// person makes an account with a session.
func (w *world) person(tenant id.Tenant, name string) asker {
	w.t.Helper()
	ctx := w.t.Context()
	a, err := w.accounts.Create(ctx, w.self(tenant), account.NewAccount{Email: name + "@" + tenant.String()[4:12] + ".example.se", Name: "Person " + name})
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := w.accounts.NewLink(ctx, w.self(tenant), a.Email)
	if err != nil {
		w.t.Fatal(err)
	}
	in, err := w.accounts.RedeemLink(ctx, token.Reveal(), "test", account.Network(testAddr))
	if err != nil {
		w.t.Fatal(err)
	}
	return asker{name: name, cookie: in.Token, account: a}
}

func (w *world) role(tenant id.Tenant, name string) account.Role {
	w.t.Helper()
	roles, err := w.accounts.Roles(w.t.Context(), w.self(tenant))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range roles {
		if r.Name == name {
			return r
		}
	}
	w.t.Fatal("no role", name)
	return account.Role{}
}

func (w *world) root(tenant id.Tenant) folder.Folder {
	w.t.Helper()
	p, err := w.folders.Children(w.t.Context(), w.self(tenant), id.Folder{}, "", 10)
	if err != nil || len(p.Items) != 1 {
		w.t.Fatal(p, err)
	}
	return p.Items[0]
}

func (w *world) newFolder(tenant id.Tenant, name string) folder.Folder {
	w.t.Helper()
	f, err := w.folders.Create(w.t.Context(), w.self(tenant), w.root(tenant).ID, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// adminKey makes a key that may do everything in the tenant.
func (w *world) adminKey() asker {
	w.t.Helper()
	_, key, err := w.accounts.CreateKey(w.t.Context(), w.self(w.tenant), account.NewKey{Name: "test", Own: true, Role: "admin"})
	if err != nil {
		w.t.Fatal(err)
	}
	return asker{name: "key", header: "Bearer " + key.Reveal()}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(a.body, &p)
	return p.Code
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

// do sends one request; body is nil, an io.Reader with its media type in
// kind, or something to send as JSON.
func (w *world) do(who asker, method, path string, body any, header ...string) answer {
	w.t.Helper()
	a, err := w.try(who, method, path, body, header...)
	if err != nil {
		w.t.Fatal(method, path, err)
	}
	return a
}

// try is do for several goroutines and for servers that may be gone: it does
// not end the test.
func (w *world) try(who asker, method, path string, body any, header ...string) (answer, error) {
	w.t.Helper()
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case io.Reader:
		r = b
	case string:
		r, kind = strings.NewReader(b), "application/json"
	default:
		j, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		r, kind = bytes.NewReader(j), "application/json"
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, r)
	if err != nil {
		return answer{}, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if who.header != "" {
		req.Header.Set("Authorization", who.header)
	}
	if who.cookie != "" {
		req.AddCookie(&http.Cookie{Name: "tg_s", Value: who.cookie})
	}
	if strings.HasPrefix(path, uploadsAt) { // what every request of the tus protocol carries
		req.Header.Set("Tus-Resumable", "1.0.0")
		if method == http.MethodPatch {
			req.Header.Set("Upload-Offset", "0")
			req.Header.Set("Content-Type", "application/offset+octet-stream")
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if w.resend {
		req.Header["X-Idempotency-Key"] = nil // how net/http is told; nil: it is not sent
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{res.StatusCode, res.Header, b}
	if w.heard != nil {
		w.heard(req, a)
	}
	w.t.Helper()
	w.keepsContract(req, a)
	return a, nil
}

// upload sends a file as a form, with fields before it.
func (w *world) upload(who asker, name string, content []byte, fields ...string) answer {
	w.t.Helper()
	a, err := w.tryUpload(who, name, content, fields...)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// uploadTo is upload to another address, such as an asset's revisions.
func (w *world) uploadTo(who asker, path, name string, content []byte, fields ...string) answer {
	w.t.Helper()
	a, err := w.tryUploadTo(who, path, name, content, fields)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// tryUpload is upload that does not end the test.
func (w *world) tryUpload(who asker, name string, content []byte, fields ...string) (answer, error) {
	w.t.Helper()
	return w.tryUploadTo(who, "/api/v1/assets", name, content, fields)
}

func (w *world) tryUploadTo(who asker, path, name string, content []byte, fields []string, header ...string) (answer, error) {
	w.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1])
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		return answer{}, err
	}
	_, _ = part.Write(content)
	_ = form.Close()
	return w.try(who, http.MethodPost, path, &b, append(header, "Content-Type", form.FormDataContentType())...)
}

// wireAsset is an asset as the API writes it: what tests look at.
type wireAsset struct {
	ID, State, Kind, Name, SHA256, Folder string
	StateReason                           string `json:"state_reason"`
	StateCode                             string `json:"state_code"`
	MediaType                             string `json:"media_type"`
	Size                                  int64
	Width, Height                         int
	Duration                              float64
	Version                               int64
	Fields                                map[string]struct {
		Value  string
		Values []string
		Lang   map[string]string
		Source string
	}
	Alt        map[string]struct{ Decision, Text, Source string }
	Renditions []struct {
		Preset, URL   string
		Width, Height int
		MediaType     string `json:"media_type"`
	}
	Permissions []string
}

// settled waits until the asset is no longer being prepared.
func (w *world) settled(who asker, assetID string) wireAsset {
	w.t.Helper()
	return w.settledWithin(who, assetID, time.Minute)
}

func (w *world) settledWithin(who asker, assetID string, limit time.Duration) wireAsset {
	w.t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		var a wireAsset
		w.do(who, http.MethodGet, "/api/v1/assets/"+assetID, nil).into(w.t, &a)
		if a.State != "preparing" {
			return a
		}
		if time.Now().After(deadline) {
			w.t.Fatal("still being prepared: ", a)
		}
	}
}

var testAddr = netip.MustParseAddr("127.0.0.1")

var originalRequest = delivery.Request{Variant: delivery.Original}

// storeBare makes an asset of a small text, ready at once.
func (w *world) storeBare(tenant id.Tenant, in id.Folder, name string) id.Asset {
	w.t.Helper()
	a, err := w.ingest.Receive(w.t.Context(), w.self(tenant), ingest.Plan{Folder: in, Name: name, Size: -1}, strings.NewReader("text "+name))
	if err != nil {
		w.t.Fatal(err)
	}
	return a.ID
}
