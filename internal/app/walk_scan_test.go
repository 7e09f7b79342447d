// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tillgang/internal/scan/scantest"
)

func TestNoFileIsFetchedBeforeTheScannerHasSeenIt(t *testing.T) {
	t.Parallel()
	d := scantest.Start(t)
	w := newWorld(t, func(c *Config) { c.ScanURL, c.ScanWindow = "unix://"+d.Socket, scantest.Limit })
	admin := w.adminKey()

	bad := w.takes(admin, "readme.txt", scantest.Eicar())
	if bad.State != "quarantined" || bad.StateCode != "file.infected" || !strings.Contains(bad.StateReason, scantest.Signature) {
		t.Errorf("the test file is %s (%s): %q", bad.State, bad.StateCode, bad.StateReason)
	}
	// Behind a picture, where a browser would not see it.
	hidden := w.takes(admin, "bild.jpg", append(scene(1, 320, 200), scantest.Eicar()...))
	if hidden.State != "quarantined" || hidden.StateCode != "file.infected" || len(hidden.Renditions) != 0 {
		t.Errorf("the picture with the test file behind it is %s (%s), renditions %v", hidden.State, hidden.StateCode, hidden.Renditions)
	}
	w.refused("an infected original", w.do(admin, "POST", "/api/v1/assets/"+bad.ID+"/downloads", object{"variant": "original"}), http.StatusForbidden)
	// Released by somebody who may, it is found again.
	if a := w.do(admin, "POST", "/api/v1/assets/"+bad.ID+"/release", nil); a.status != http.StatusAccepted {
		t.Errorf("release: %d %s", a.status, a.body)
	}
	if again := w.settled(admin, bad.ID); again.State != "quarantined" {
		t.Errorf("released, the test file is %s", again.State)
	}
	good := w.takes(admin, "god.jpg", scene(2, 320, 200))
	if good.State != "ready" || good.StateCode != "" || len(good.Renditions) != 3 {
		t.Errorf("a harmless picture is %s (%s), renditions %v", good.State, good.StateCode, good.Renditions)
	}

	d.Stop()
	var waits wireAsset
	w.upload(admin, "sen.jpg", scene(3, 320, 200)).into(t, &waits)
	for _, path := range []string{"", "/preparation"} { // before and after somebody is impatient
		if path != "" {
			w.do(admin, "POST", "/api/v1/assets/"+waits.ID+path, nil)
		}
		w.do(admin, "GET", "/api/v1/assets/"+waits.ID, nil).into(t, &waits)
		no := w.do(admin, "POST", "/api/v1/assets/"+waits.ID+"/downloads", object{"variant": "original"})
		if waits.State != "preparing" || waits.StateCode != "scan.awaited" || waits.StateReason == "" || no.status != http.StatusConflict || len(waits.Renditions) != 0 {
			t.Errorf("without a scanner: %s (%s), the original %d %s", waits.State, waits.StateCode, no.status, no.body)
		}
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		var ready struct {
			Ready    bool
			Warnings []string
		}
		w.do(asker{}, "GET", "/readyz", nil).into(t, &ready)
		if ready.Ready && len(ready.Warnings) == 1 && strings.Contains(ready.Warnings[0], "virus scanner") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("/readyz does not warn of the scanner: ", ready)
		}
	}
	d.Run()
	if now := w.settled(admin, waits.ID); now.State != "ready" || len(now.Renditions) != 3 {
		t.Errorf("with the scanner back it is %s (%s)", now.State, now.StateCode)
	}
}
