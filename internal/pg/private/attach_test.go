// SPDX-License-Identifier: Apache-2.0

package private

import (
	"testing"

	"tillgang/internal/fault"
)

func TestACommandFindsTheDatabaseOfTheServerBesideIt(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	cfg := Config{Dir: dir}
	if _, err := Attach(t.Context(), cfg); fault.CodeOf(err) != "postgres.not_running" {
		t.Errorf("where there has never been a server: %v", err)
	}
	found := make(chan *Running)
	go func() { // before the server is ready, or there
		for {
			r, err := Attach(t.Context(), cfg)
			if fault.CodeOf(err) == "postgres.not_running" {
				continue
			}
			if err != nil {
				t.Error(err)
			}
			found <- r
			return
		}
	}()
	p := serveApart(t, self(t), dir, nil)
	r := <-found
	if r == nil {
		t.FailNow()
	}
	p.ready(t)
	if got := ask1[string](t, connect(t, r.URL(Database)), "select current_user::text"); got != Owner {
		t.Errorf("signed in as %s", got)
	}
	kill(t, p.Process.Pid)
	_ = p.Wait()
	if _, err := Attach(t.Context(), cfg); fault.CodeOf(err) != "postgres.not_running" {
		t.Errorf("where the server was killed: %v", err)
	}
}
