// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Any node may be killed: what the others were told stays, its jobs go on
// elsewhere, and an upload continues on another node.
func TestAnyNodeMayBeKilled(t *testing.T) {
	t.Parallel()
	r := newRegion(t)
	serves := []*server{r.serves[0].serve(), r.serves[1].serve()}
	works := []*server{r.works[0].work(), r.works[1].work()}
	who := r.serves[0].key()
	var made []wireAsset
	for i := range 12 {
		var a wireAsset
		got := r.front.upload(who, fmt.Sprintf("bild%d.jpg", i), scene(i+1, 1600, 1000))
		if got.into(t, &a); got.status != http.StatusCreated {
			t.Fatalf("upload: %d %s", got.status, got.body)
		}
		made = append(made, a)
	}
	// An upload begins on the first node, which dies, and ends on the second.
	content := bytes.Repeat([]byte("nodes "), 3<<20/6)
	url := tusBegin(t, serves[0].world, who, "delad.txt", len(content))
	tusSend(t, serves[0].world, who, url, 0, content[:1<<20])
	serves[0].kill()
	works[0].kill()
	offset := tusOffset(t, serves[1].world, who, url)
	if offset != 1<<20 {
		t.Errorf("after the first node's death the upload is at %d", offset)
	}
	id := tusSend(t, serves[1].world, who, url, offset, content[offset:])
	var whole wireAsset
	r.front.do(who, "GET", "/api/v1/assets/"+id, nil).into(t, &whole)
	if sum := sha256.Sum256(content); whole.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the upload over two nodes has the hash %s", whole.SHA256)
	}
	for _, a := range append(made, whole) {
		if got := r.front.settledWithin(who, a.ID, 3*time.Minute); got.State != "ready" || got.SHA256 != a.SHA256 {
			t.Errorf("%s is %s: %s", a.Name, got.State, got.StateReason)
		}
	}
	works[1].stop()
}

// tusAsk sends one request of the protocol.
func tusAsk(t *testing.T, w *world, who asker, method, url string, body []byte, header map[string]string) *http.Response {
	t.Helper()
	if strings.HasPrefix(url, "/") {
		url = w.url + url
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Authorization", who.header)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(method, err)
	}
	_ = res.Body.Close()
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: %s", method, url, res.Status)
	}
	return res
}

func tusBegin(t *testing.T, w *world, who asker, name string, size int, more ...string) (path string) {
	t.Helper()
	meta := "filename " + b64(name)
	for i := 0; i+1 < len(more); i += 2 {
		meta += "," + more[i] + " " + b64(more[i+1])
	}
	res := tusAsk(t, w, who, "POST", "/api/v1/uploads", nil, map[string]string{"Upload-Length": fmt.Sprint(size), "Upload-Metadata": meta})
	return res.Header.Get("Location")
}

func tusOffset(t *testing.T, w *world, who asker, url string) (n int64) {
	t.Helper()
	_, err := fmt.Sscan(tusAsk(t, w, who, "HEAD", url, nil, nil).Header.Get("Upload-Offset"), &n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tusSend sends bytes at an offset and returns the asset that the upload became.
func tusSend(t *testing.T, w *world, who asker, url string, at int64, p []byte) (asset string) {
	t.Helper()
	res := tusAsk(t, w, who, "PATCH", url, p, map[string]string{"Upload-Offset": fmt.Sprint(at), "Content-Type": "application/offset+octet-stream"})
	return res.Header.Get("Tillgang-Asset")
}
