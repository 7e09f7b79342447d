// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tillgang/internal/blob/blobtest"
	"tillgang/internal/egress"
	"tillgang/internal/secret"
)

// onS3 keeps the world's files on a real S3 server over TLS.
func onS3(s *blobtest.Server, bucket string) func(*Config) {
	return func(c *Config) {
		c.StorageURL, c.StorageAccessKey, c.StorageSecretKey = s.URL(bucket), secret.New(s.AccessKey), s.SecretKey
		c.StorageCountry, c.StorageSite, c.StorageJurisdiction = "SE", "Testhallen", "SE"
		c.StorageCache = 1 << 28
	}
}

// Where files rest is nobody's business: in no answer of a whole day is there
// a word of the storage's address, and the storage answers to nobody else.
func TestME10_TheStorageIsNeverNamed(t *testing.T) {
	t.Parallel()
	s := blobtest.S3(t)
	bucket := s.Bucket(t)
	w := newWorld(t, onS3(s, bucket))
	m, err := material()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	exchanges := 0
	secrets := []string{bucket, strconv.Itoa(s.Port), s.AccessKey, s.SecretKey.Reveal(), "X-Amz", "AmazonS3", "versitygw", "s3://"}
	w.heard = func(r *http.Request, a answer) {
		mu.Lock()
		defer mu.Unlock()
		exchanges++
		var head strings.Builder
		_ = a.header.Write(&head)
		for _, s := range secrets {
			if strings.Contains(head.String(), s) || strings.Contains(string(a.body), s) {
				t.Errorf("%s %s tells %q: %s\n%.500s", r.Method, r.URL.Path, s, head.String(), a.body)
			}
		}
	}
	admin := w.adminKey()
	var made wireAsset
	w.upload(admin, m.photos[0].name, m.photos[0].content).into(t, &made)
	w.isPrepared(w.settled(admin, made.ID), m.photos[0], true)
	w.isFetched(admin, made.ID, m.photos[0])
	w.do(admin, "GET", "/api/v1/assets?q=hamn", nil)
	w.do(admin, "GET", "/readyz", nil)
	w.do(admin, "GET", "/api/v1/audit", nil)
	w.do(admin, "GET", "/api/v1/assets/"+made.ID+"/revisions", nil)
	keys := w.blobsOf(made.ID)
	w.refused("no such original", w.do(admin, "GET", "/api/v1/assets/"+string(keys[0]), nil), 404)
	if exchanges < 20 {
		t.Error("only", exchanges, "exchanges were looked at")
	}

	client := &http.Client{Transport: s.Transport(t)}
	for _, path := range []string{"/", "/" + bucket, "/" + bucket + "?list-type=2", "/" + bucket + "/" + string(keys[0])} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusUnauthorized {
			t.Errorf("the storage lets anybody GET %s: %d", path, res.StatusCode)
		}
	}
	w.upload(admin, m.photos[2].name, m.photos[2].content).into(t, &made)
	w.settled(admin, made.ID)
	w.isBinned(admin, made.ID)
}

// The administrator's list of destinations names the storage, with its place.
func TestME4_TheRegisterShowsWhereDataRests(t *testing.T) {
	t.Parallel()
	s := blobtest.S3(t)
	w := newStillWorld(t, onS3(s, s.Bucket(t)))
	w.storeBare(w.tenant, w.root(w.tenant).ID, "ett.txt")
	var list struct {
		Countries []string
		Items     []struct {
			Host, Purpose, Country, Site, Jurisdiction string
			Port                                       int
			BytesOut                                   int64 `json:"bytes_out"`
		}
	}
	w.do(w.chief(), "GET", "/api/v1/destinations", nil).into(t, &list)
	found := false
	for _, d := range list.Items {
		if d.Purpose == string(egress.Storage) {
			found = d.Port == s.Port && d.Country == "SE" && d.Site == "Testhallen" && d.Jurisdiction == "SE" && d.BytesOut > 0
		}
	}
	if !found || len(list.Countries) != 1 {
		t.Errorf("%+v", list)
	}
}

// A place that was not said, or is not allowed, stops the start, and the
// refusal names the setting.
func TestME4_NU1_StorageMustStandWhereItMay(t *testing.T) {
	t.Parallel()
	preset := func(host string) func(*Config) {
		return func(c *Config) { c.StorageURL = "s3://archive?region=r&endpoint=https://" + host }
	}
	declared := func(c *Config) {
		preset("s3.storage.example.se")(c)
		c.StorageCountry, c.StorageSite, c.StorageJurisdiction = "SE", "Hallen", "SE"
	}
	for name, c := range map[string]struct {
		change func(*Config)
		says   []string // all of it, or nothing: then the place is accepted
	}{
		"no country":            {func(c *Config) { declared(c); c.StorageCountry = "" }, []string{"COUNTRY"}},
		"no site":               {func(c *Config) { declared(c); c.StorageSite = "" }, []string{"SITE"}},
		"no jurisdiction":       {func(c *Config) { declared(c); c.StorageJurisdiction = "" }, []string{"JURISDICTION"}},
		"another country":       {func(c *Config) { declared(c); c.StorageCountry = "DE" }, []string{"COUNTRIES", "DE"}},
		"Safespring Oslo":       {preset("s3.osl1.safedc.net"), []string{"COUNTRIES", "NO"}},
		"Oslo, said to be here": {func(c *Config) { preset("s3.osl1.safedc.net")(c); c.StorageCountry = "SE" }, []string{"NO"}},
		"here, a foreign owner": {preset("s3.eu-north-1.amazonaws.com"), nil}, // shown as such, not refused
		"an address of a name":  {preset("127.0.0.1.example.se"), []string{"COUNTRY"}},
		"no TLS": {func(c *Config) {
			declared(c)
			c.StorageURL = "s3://archive?region=r&endpoint=http://s3.sto1.safedc.net"
		}, []string{"https"}},
		"no key":                 {func(c *Config) { declared(c); c.StorageSecretKey = secret.Text{} }, []string{"STORAGE_SECRET_KEY"}},
		"said":                   {declared, nil},
		"Elastx":                 {preset("swift.elastx.cloud"), nil},
		"Safespring Stockholm":   {preset("s3.sto1.safedc.net"), nil},
		"Oslo, widened":          {func(c *Config) { preset("s3.osl1.safedc.net")(c); c.Countries = []string{"SE", "NO"} }, nil},
		"another country, widen": {func(c *Config) { declared(c); c.StorageCountry = "DE"; c.Countries = []string{"SE", "DE"} }, nil},
	} {
		cfg := Config{Data: filepath.Join(t.TempDir(), "d"), Countries: []string{"SE"}, StorageAccessKey: secret.New("k"), StorageSecretKey: secret.New("s")}
		c.change(&cfg)
		err := declare(t, cfg)
		if len(c.says) == 0 {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s was accepted", name)
			continue
		}
		for _, word := range c.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not name %s", name, err, word)
			}
		}
	}
}

// declare opens a storage as far as the house's policy; it does not go out.
func declare(t *testing.T, cfg Config) error {
	t.Helper()
	gate, err := egress.New(egress.Policy{Countries: cfg.Countries}, slog.New(slog.DiscardHandler), clock)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{cfg: cfg, log: slog.New(slog.DiscardHandler), gate: gate}
	if h.localStorage() {
		t.Fatal("a test of remote storage with a directory")
	}
	_, err = h.declareStorage()
	return err
}

// The house refuses to start, not only to declare.
func TestNU1_ARefusedPlaceIsARefusedStart(t *testing.T) {
	t.Parallel()
	cfg := Config{
		Data: filepath.Join(t.TempDir(), "d"), Countries: []string{"SE"}, DatabaseURL: secret.New(os.Getenv("TILLGANG_TEST_POSTGRES")), Secret: secret.New(strings.Repeat("test ", 8)),
		StorageURL: "s3://archive?region=r&endpoint=https://s3.osl1.safedc.net", StorageAccessKey: secret.New("k"), StorageSecretKey: secret.New("s"),
	}
	h := &house{cfg: cfg, log: slog.New(slog.DiscardHandler)}
	var err error
	if h.gate, err = egress.New(egress.Policy{Countries: cfg.Countries}, h.log, clock); err != nil {
		t.Fatal(err)
	}
	if err := h.openStorage(t.Context()); err == nil || !strings.Contains(err.Error(), "COUNTRIES") {
		t.Error(err)
	}
	for url, word := range map[string]string{
		"postgres://u:p@db.example.se/x":                     "verify-full",
		"postgres://u:p@db.example.se/x?sslmode=require":     "verify-full",
		"postgres://u:p@db.example.se/x?sslmode=verify-full": "COUNTRY",
		"mysql://u:p@db.example.se/x":                        "postgres://",
	} {
		h.cfg.DatabaseURL = secret.New(url)
		if err := h.findDatabase(t.Context(), false); err == nil || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
