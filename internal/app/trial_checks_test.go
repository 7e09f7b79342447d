// SPDX-License-Identifier: Apache-2.0

package app

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/id"
	"tillgang/internal/secret"
)

// insist asks until the server answers as wanted. It may be away, and it may
// say that it or the storage is; nothing else.
func (r *trial) insist(status int, method, path string, body any) (a answer) {
	for deadline := time.Now().Add(4 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var err error
		a, err = r.front.try(r.who, method, path, body)
		if err == nil && a.status == status {
			return a
		}
		if err == nil && a.status != http.StatusServiceUnavailable && a.status != http.StatusInsufficientStorage && a.status != http.StatusBadGateway {
			r.t.Errorf("%s %s: %d %.300s", method, path, a.status, a.body)
			return a
		}
	}
	r.t.Errorf("%s %s was never answered; at last %d %.300s", method, path, a.status, a.body)
	return a
}

// everything lists the assets that a search finds.
func (r *trial) everything(q string) (all []wireAsset) {
	for cursor := ""; ; {
		var p found
		a := r.insist(200, "GET", "/api/v1/assets?limit=200&sort=name&q="+url.QueryEscape(q)+"&cursor="+url.QueryEscape(cursor), nil)
		if json.Unmarshal(a.body, &p) != nil {
			return all
		}
		all = append(all, p.Items...)
		if cursor = p.Next; cursor == "" {
			return all
		}
	}
}

// people search, edit many and fetch many, until each of it has succeeded. The
// function that is returned waits for them.
func (r *trial) people() (done func()) {
	var all sync.WaitGroup
	over := make(chan struct{})
	searches := 0
	var busy sync.WaitGroup
	busy.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(50 * time.Millisecond):
			}
			for _, q := range []string{"", "Fil", "kind:image", "state:failed|quarantined", "provord"} {
				r.insist(200, "GET", "/api/v1/assets?limit=20&q="+url.QueryEscape(q), nil)
				searches++
			}
		}
	})
	enough := func(n int) (list []wireAsset) {
		for deadline := time.Now().Add(12 * time.Minute); time.Now().Before(deadline) && !r.t.Failed(); time.Sleep(time.Second) {
			if list = r.everything("state:ready"); len(list) >= n {
				return list[:n]
			}
		}
		r.t.Errorf("never %d assets that are ready, at last %d", n, len(list))
		return nil
	}
	all.Go(func() {
		if enough(r.scale.zip/2) != nil {
			r.edits()
		}
	})
	all.Go(func() {
		if list := enough(r.scale.zip); list != nil {
			r.fetches(list)
		}
	})
	return func() {
		all.Wait()
		close(over)
		busy.Wait()
		r.t.Logf("%d searches were answered meanwhile", searches)
	}
}

// edits gives what a search finds a credit, by a job.
func (r *trial) edits() {
	var j struct {
		ID, State               string
		Total, Changed, Skipped int
	}
	a := r.insist(202, "POST", "/api/v1/bulk", object{
		"selection": object{"query": object{"q": "state:ready"}}, "change": object{"fields": object{"credit": object{"do": "set", "value": "Prövningen"}}},
	})
	for deadline := time.Now().Add(4 * time.Minute); ; time.Sleep(300 * time.Millisecond) {
		if err := json.Unmarshal(a.body, &j); err != nil || j.State != "waiting" && j.State != "running" {
			break
		}
		if time.Now().After(deadline) {
			break
		}
		a = r.insist(200, "GET", "/api/v1/bulk/"+j.ID, nil)
	}
	n := len(r.everything("credit:Prövningen"))
	if j.State != "done" || j.Total < r.scale.zip/2 || j.Changed > j.Total || n < j.Total-j.Skipped {
		r.t.Errorf("the job ended as %+v, and %d assets have what it gives: %s", j, n, a.body)
	}
	r.t.Logf("a job edited %d assets meanwhile", n)
}

// fetches downloads many files as one archive.
func (r *trial) fetches(list []wireAsset) {
	ids, sums := []string{}, map[string]string{}
	for _, a := range list {
		ids, sums[a.ID] = append(ids, a.ID), a.SHA256
	}
	for try := 1; try <= 40; try++ {
		var a archiveAnswer
		if err := json.Unmarshal(r.insist(201, "POST", "/api/v1/archives", object{"selection": object{"ids": ids}, "variant": "original"}).body, &a); err != nil {
			return
		}
		got, err := r.front.try(asker{}, "GET", a.URL, nil)
		if err != nil || got.status != http.StatusOK {
			continue // the server was killed meanwhile
		}
		z, err := zip.NewReader(bytes.NewReader(got.body), int64(len(got.body)))
		if err != nil {
			r.t.Errorf("an archive that came whole is none: %v", err)
			return
		}
		var m manifestFile
		files := map[string]string{}
		for _, f := range z.File {
			files[f.Name] = r.sumOf(f, &m)
		}
		if len(m.LeftOut) > 0 { // the storage was away
			continue
		}
		for _, i := range m.Items {
			if files[i.Path] != i.SHA256 || sums[i.Asset] != i.SHA256 {
				r.t.Errorf("%s is in the archive as %s, want %s", i.Asset, files[i.Path], sums[i.Asset])
			}
		}
		if len(m.Items) != len(ids) {
			r.t.Errorf("%d of %d files are in the archive", len(m.Items), len(ids))
		}
		r.t.Logf("an archive of %d files came at attempt %d", len(m.Items), try)
		return
	}
	r.t.Error("no archive ever came whole")
}

func (r *trial) sumOf(f *zip.File, m *manifestFile) string {
	in, err := f.Open()
	if err != nil {
		r.t.Error(f.Name, err)
		return ""
	}
	b, err := io.ReadAll(in)
	if err != nil {
		r.t.Error(f.Name, err)
	}
	if f.Name == "manifest.json" {
		if err := json.Unmarshal(b, m); err != nil {
			r.t.Error(err)
		}
	}
	return hexSum(b)
}

// settles waits until nothing is being prepared any more. Jobs that wait for
// another attempt because of the trouble are hastened, as an administrator would.
func (r *trial) settles() {
	began := time.Now()
	for deadline := began.Add(6 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
		left := r.everything("state:preparing")
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%d assets are still being prepared, such as %+v", len(left), left[0])
		}
		var jobs struct{ Items []struct{ ID, State string } }
		r.front.do(r.who, "GET", "/api/v1/jobs?state=retryable&limit=200", nil).into(r.t, &jobs)
		for _, j := range jobs.Items {
			r.front.do(r.who, "POST", "/api/v1/jobs/"+j.ID+"/attempt", nil)
		}
	}
	r.t.Logf("all was prepared %v after the trouble ended", time.Since(began).Round(time.Second))
}

// holds checks every asset against the manifest.
func (r *trial) holds() {
	t := r.t
	t.Helper()
	wrong := map[string]int{}
	seen := map[string]bool{}
	for _, a := range r.everything("") {
		f := r.want[a.SHA256]
		switch {
		case f == nil:
			t.Errorf("%s (%s) is nothing that was sent", a.ID, a.Name)
			continue
		case seen[a.SHA256]:
			t.Errorf("%s is there twice", a.Name)
		case f.asset != a.ID:
			t.Errorf("%s is %s, and was reported as %s", a.Name, a.ID, f.asset)
		}
		seen[a.SHA256] = true
		if got := (fate{a.State, a.StateCode}); got != f.fate {
			wrong[fmt.Sprintf("%s is %+v, want %+v (%s)", f.sort, got, f.fate, a.StateReason)]++
		}
		if f.fate.state != "ready" && len(strings.Fields(a.StateReason)) < 4 {
			wrong[f.sort+" does not say why it is "+f.fate.state]++
		}
	}
	for what, n := range wrong {
		t.Errorf("%d × %s", n, what)
	}
	for _, f := range r.want {
		if !seen[f.sum] {
			t.Errorf("a %s that was acknowledged as %s is lost", f.sort, f.asset)
		}
	}
	if n := r.asked.Load(); n > 0 {
		t.Errorf("%d requests went out", n)
	}
	var d struct {
		Items []struct {
			Name    string
			Refused int64
		}
	}
	r.front.do(r.who, "GET", "/api/v1/destinations", nil).into(t, &d)
	for _, to := range d.Items {
		if to.Refused > 0 || !slices.Contains([]string{"database", "storage", "scanner"}, to.Name) {
			t.Errorf("the server may go to, or tried: %+v", to)
		}
	}
	var whole struct{ Whole bool }
	if r.front.do(r.who, "GET", "/api/v1/audit/verification", nil).into(t, &whole); !whole.Whole {
		t.Error("the log of deeds is broken")
	}
}

// again uploads the same folder: nothing is sent.
func (r *trial) again() {
	before := r.line.sent.Load()
	out, code := r.upload()
	refused, all := 0, len(r.paths)
	for _, f := range r.paths {
		if f.says != "" {
			refused++
		}
	}
	want := fmt.Sprintf("\n0 stored, %d were there already, %d failed\n", all-refused, refused)
	if sent := r.line.sent.Load() - before; code != 1 || !strings.HasSuffix(out, want) || sent > int64(all)*2000 {
		r.t.Errorf("the second run: %d, %d bytes, %.2000s, want %q", code, sent, out[max(0, len(out)-2000):], want)
	}
	if n := len(r.everything("")); n != len(r.want) {
		r.t.Errorf("%d assets after the second run, want %d", n, len(r.want))
	}
}

// swept looks behind the wall: what is stored is what is named, byte for byte,
// once the sweeper was there.
func (r *trial) swept() {
	t := r.t
	t.Helper()
	w := settle(t, false, onS3(r.s3.Server, r.bucket), func(c *Config) {
		c.DatabaseURL, c.Secret, c.StorageCache = secret.New(r.owner), secret.New(strings.Repeat("region ", 6)), 0
	})
	var open int
	if err := w.ownerConn().QueryRow(t.Context(), `select count(*) from upload where state <> 'done'`).Scan(&open); err != nil || open > 0 {
		t.Errorf("%d uploads are left open, %v", open, err)
	}
	// What was about to be stored when a process died is due later; it is later now.
	if _, err := w.ownerConn().Exec(t.Context(), `update condemned_blob set due_at = now()`); err != nil {
		t.Fatal(err)
	}
	if err := w.ingest.Sweep(t.Context(), access.HouseActor(id.Tenant{}, "test")); err != nil {
		t.Fatal(err)
	}
	type named struct {
		Key blob.Key
		Sum []byte
	}
	rows, err := w.ownerConn().Query(t.Context(), `
		select blob_key as key, sha256 as sum from revision union all select blob_key, null from rendition union all select blob_key, null from stand_in`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[named])
	if err != nil {
		t.Fatal(err)
	}
	known := map[blob.Key]bool{}
	for _, n := range list {
		known[n.Key] = true
		b, err := w.store.Open(t.Context(), n.Key)
		if err != nil {
			t.Errorf("%s is named and not there: %v", n.Key, err)
			continue
		}
		h := sha256.New()
		_, err = io.Copy(h, b)
		_ = b.Close()
		if err != nil || n.Sum != nil && (!bytes.Equal(h.Sum(nil), n.Sum) || r.want[hex.EncodeToString(n.Sum)] == nil) {
			t.Errorf("%s holds other bytes than were sent: %v", n.Key, err)
		}
	}
	for it, err := range w.store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if !known[it.Key] {
			t.Errorf("%s, %d bytes, is stored and nothing names it", it.Key, it.Size)
		}
	}
}
