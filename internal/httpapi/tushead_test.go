// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"tillgang/internal/fault"
	"tillgang/internal/ingest"
)

// FuzzTusHeaders throws anything at the readers of the protocol's headers. They
// must refuse it with the fault for headers, which shows nothing of it, or
// return something that keeps the room's bounds.
func FuzzTusHeaders(f *testing.F) {
	for _, seed := range []string{
		"", "0", "5", "-1", "+5", "99999999999999999999", "partial", "final;/api/v1/uploads/upl_06h013ajqxz1vam9z491n1hdz4",
		"final;https://a.example/api/v1/uploads/upl_06h013ajqxz1vam9z491n1hdz4 /api/v1/uploads/x", "filename d29ybGQ=,empty",
		"a YQ==,a Yg==", "folder eA==", "sha1 " + base64.StdEncoding.EncodeToString(make([]byte, 20)), "sha1", "md5 AAAA", "1", "\x00", "å YQ==",
		"on_duplicate a2VlcA==,allow_kind_change dHJ1ZQ==", "title /w==", "final;%zz", "final;//",
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		clean := func(err error) {
			if err == nil {
				return
			}
			e := fault.As(err)
			if e.Kind != fault.Invalid || e.Code != codeHeader {
				t.Fatalf("refused with %v", err)
			}
		}
		h := http.Header{"Upload-Length": {one}, "Upload-Metadata": {other}}
		if n, err := newUpload(h); err == nil {
			if n.Plan.Size < 0 || len(n.Metadata) > maxMetadata || n.Partial || n.Parts != nil {
				t.Fatalf("%+v", n)
			}
		} else {
			clean(err)
		}
		h = http.Header{"Upload-Concat": {one}, "Upload-Defer-Length": {other}}
		n, err := newUpload(h)
		clean(err)
		if err == nil && one != "partial" && len(n.Parts) == 0 {
			t.Fatalf("%q joins nothing", one)
		}
		c, err := checksumOf(http.Header{"Upload-Checksum": {one}})
		clean(err)
		if c != nil && ingest.NewChecksum(c.Algorithm, c.Sum) == nil {
			t.Fatalf("%+v", c)
		}
		raw, values, err := metadataOf(http.Header{"Upload-Metadata": {one}})
		clean(err)
		if err == nil && len(values) > strings.Count(raw, ",")+1 {
			t.Fatalf("%q has %d values", raw, len(values))
		}
		carriesBytes(http.Header{"Content-Type": {one}})
	})
}
