// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"testing"
	"time"

	"tillgang/internal/account"
)

type wireJobs struct {
	Items []struct {
		ID, Kind, State, Asset, Code, Reason, Node string
		Attempt                                    int
		Slow                                       bool
	}
	Next string
}

func (w *world) jobs(who asker, query string) wireJobs {
	w.t.Helper()
	var list wireJobs
	a := w.do(who, "GET", "/api/v1/jobs"+query, nil)
	if a.into(w.t, &list); a.status != http.StatusOK {
		w.t.Fatalf("jobs%s: %d %s", query, a.status, a.body)
	}
	return list
}

func TestAnAdministratorSeesJobsAndEndsThem(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.adminKey()
	var a wireAsset
	w.upload(admin, "bild.jpg", scene(1, 320, 200)).into(t, &a)
	list := w.jobs(admin, "?kind=ingest.inspect&state=waiting")
	if len(list.Items) != 1 || list.Items[0].Asset != a.ID || list.Items[0].Attempt != 0 {
		t.Fatalf("jobs after an upload: %+v", list)
	}
	job := list.Items[0].ID
	w.refused("a job that waits for its first attempt", w.do(admin, "POST", "/api/v1/jobs/"+job+"/attempt", nil), http.StatusConflict)
	foreign, err := w.accounts.CreateTenant(t.Context(), "test", "annan", "Annan kommun", account.First{Email: "chef@annan.example.se", Name: "Chef"})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := w.accounts.CreateKey(t.Context(), w.self(foreign), account.NewKey{Name: "test", Own: true, Role: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	other := asker{name: "other", header: "Bearer " + key.Reveal()}
	if of := w.jobs(other, ""); len(of.Items) != 0 {
		t.Errorf("another tenant sees %+v", of)
	}
	w.refused("another tenant's job", w.do(other, "DELETE", "/api/v1/jobs/"+job, nil), http.StatusNotFound)

	if gone := w.do(admin, "DELETE", "/api/v1/jobs/"+job, nil); gone.status != http.StatusNoContent {
		t.Fatalf("give up: %d %s", gone.status, gone.body)
	}
	if a = w.settled(admin, a.ID); a.State != "failed" || a.StateCode != "file.given_up" || a.StateReason == "" {
		t.Errorf("the asset of a job that was given up is %s (%s)", a.State, a.StateCode)
	}
	if of := w.jobs(admin, "?state=given_up"); len(of.Items) != 1 || of.Items[0].ID != job {
		t.Errorf("given up: %+v", of)
	}
	w.refused("a job that has ended", w.do(admin, "DELETE", "/api/v1/jobs/"+job, nil), http.StatusConflict)

	// Whoever may edit the asset tries again, or takes it as it is.
	if again := w.do(admin, "POST", "/api/v1/assets/"+a.ID+"/preparation", nil); again.status != http.StatusAccepted {
		t.Errorf("retry: %d %s", again.status, again.body)
	}
	if of := w.jobs(admin, "?state=waiting&kind=ingest.inspect"); len(of.Items) != 1 {
		t.Errorf("after the retry: %+v", of)
	}
	w.do(admin, "DELETE", "/api/v1/assets/"+a.ID+"/preparation", nil).into(t, &a)
	if a.State != "ready" || a.StateCode != "file.skipped" {
		t.Errorf("skipped, the asset is %s (%s)", a.State, a.StateCode)
	}
	if got := w.do(asker{}, "GET", w.ticket(admin, a.ID, "original").URL, nil); got.status != http.StatusOK {
		t.Errorf("the original of a skipped asset: %d", got.status)
	}
	w.refused("skipping what is ready", w.do(admin, "DELETE", "/api/v1/assets/"+a.ID+"/preparation", nil), http.StatusConflict)
}

func TestAJobThatIsRetriedSaysWhyAndIsHastened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.ScanURL = "unix:///nowhere/clamd.ctl" })
	admin := w.adminKey()
	var a wireAsset
	w.upload(admin, "bild.jpg", scene(1, 320, 200)).into(t, &a)
	retrying := func(attempts int) string {
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			for _, j := range w.jobs(admin, "?state=retrying").Items {
				if j.Asset == a.ID && j.Attempt >= attempts {
					if j.Code != "scan.unavailable" || j.Reason == "" || j.Node == "" {
						t.Errorf("the job says %+v", j)
					}
					return j.ID
				}
			}
			if time.Now().After(deadline) {
				t.Fatalf("no job is retried: %+v", w.jobs(admin, ""))
			}
		}
	}
	job := retrying(3) // its pause is 18 seconds
	began := time.Now()
	if now := w.do(admin, "POST", "/api/v1/jobs/"+job+"/attempt", nil); now.status != http.StatusNoContent {
		t.Fatalf("hasten: %d %s", now.status, now.body)
	}
	retrying(4)
	t.Logf("the next attempt came after %v", time.Since(began))
	w.refused("skipping the scan", w.do(admin, "DELETE", "/api/v1/assets/"+a.ID+"/preparation", nil), http.StatusConflict)
	if gone := w.do(admin, "DELETE", "/api/v1/jobs/"+job, nil); gone.status != http.StatusNoContent {
		t.Fatalf("give up: %d %s", gone.status, gone.body)
	}
	if a = w.settled(admin, a.ID); a.State != "quarantined" || a.StateCode != "scan.awaited" {
		t.Errorf("a file that nobody scanned is %s (%s)", a.State, a.StateCode)
	}
}
