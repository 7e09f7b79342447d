// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/fault"
	"tillgang/internal/pg/pgtest"
)

type tenantArgs struct {
	Tenant string `json:"tenant"`
	N      int    `json:"n"`
}

func (tenantArgs) Kind() string { return "test.tenant" }

func many(tenant string, n int) []Args {
	out := make([]Args, n)
	for i := range out {
		out[i] = tenantArgs{tenant, i}
	}
	return out
}

func TestOneTenantsBacklogDoesNotBlockAnothersFile(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	cfg := quick
	cfg.CPU = 1
	q := New(db.Pool(), quiet(), cfg)
	did := make(chan tenantArgs)
	Add(q, Rule{On: CPU}, func(ctx context.Context, a tenantArgs) error {
		select {
		case did <- a:
		case <-ctx.Done():
		}
		return ctx.Err()
	}, nil)
	start(t, q)
	enqueue(t, db, q, many("kommun", 500)...)
	var order []tenantArgs
	for range 40 { // the backlog is under way, and its window was filled anew
		order = append(order, wait(t, did))
	}
	enqueue(t, db, q, many("region", 1)...)
	for order[len(order)-1].Tenant != "region" {
		if order = append(order, wait(t, did)); len(order) > 40+3*window {
			t.Fatalf("%d jobs of a backlog were done before another tenant's only one", len(order)-40)
		}
	}
	// Of two who both have much to do, each gets a share.
	enqueue(t, db, q, many("region", 300)...)
	share := map[string]int{}
	for range 150 {
		share[wait(t, did).Tenant]++
	}
	if share["region"] < 2*window || share["kommun"] < 2*window {
		t.Errorf("of 150 jobs while both had a backlog: %v", share)
	}
	// A tenant's own files keep their order.
	var own []int
	for _, a := range order {
		if a.Tenant == "kommun" {
			own = append(own, a.N)
		}
	}
	if !slices.IsSorted(own) {
		t.Errorf("a tenant's jobs were done in the order %v", own)
	}
}

func TestAJobSaysForPeopleWhyItFailed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), quick)
	said := make(chan string, 9)
	Add(q, Rule{On: CPU, Attempts: 1}, func(_ context.Context, a tenantArgs) error {
		switch a.N {
		case 0:
			return fmt.Errorf("fetch %s: %w", "/secret/path", fault.New(fault.Unavailable, "storage.unavailable", "The file storage cannot be reached right now."))
		case 1:
			return errors.New("pq: secret internals")
		}
		return nil
	}, func(context.Context, tenantArgs, error) error { said <- ""; return nil })
	start(t, q)
	enqueue(t, db, q, many("kommun", 3)...)
	enqueue(t, db, q, many("region", 1)...)
	for range 3 {
		wait(t, said)
	}
	var jobs []Job
	list := func(f Filter) []Job {
		if f.Limit == 0 {
			f.Limit = 10
		}
		err := pgx.BeginFunc(t.Context(), db.Pool(), func(tx pgx.Tx) (err error) {
			jobs, err = List(t.Context(), tx, "kommun", f)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return jobs
	}
	for deadline := time.Now().Add(time.Minute); len(list(Filter{State: Done}))+len(list(Filter{State: GivenUp})) < 3; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the jobs do not end: %+v", list(Filter{}))
		}
	}
	if list(Filter{}); len(jobs) != 3 || jobs[0].ID < jobs[2].ID {
		t.Fatalf("%d jobs are listed, the newest first, without those of others: %+v", len(jobs), jobs)
	}
	for i, want := range []struct {
		state State
		code  string
	}{{Done, ""}, {GivenUp, "job.failed"}, {GivenUp, "storage.unavailable"}} {
		j := jobs[i]
		if j.State != want.state || j.Code != want.code || (j.Reason == "") != (want.code == "") || j.Attempt != 1 || j.Node != q.Node() {
			t.Errorf("job %d is shown as %+v, want %v", i, j, want)
		}
		for _, secret := range []string{"secret", "pq:"} {
			if strings.Contains(j.Code+j.Reason, secret) {
				t.Errorf("job %d shows %q", i, secret)
			}
		}
	}
	if older := list(Filter{Before: jobs[0].ID, Limit: 1}); len(older) != 1 || older[0].Code != "job.failed" {
		t.Errorf("the page behind the newest: %+v", older)
	}
	if of := list(Filter{Kind: "test.step"}); len(of) != 0 {
		t.Errorf("another kind: %+v", of)
	}
}
