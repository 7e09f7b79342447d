// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"tillgang/internal/blob/blobtest"
)

// Every rule of the protocol's text, over both storages.
func TestTus_Conformance(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T) func(*Config){
		"directory": func(*testing.T) func(*Config) { return func(*Config) {} }, "S3": func(t *testing.T) func(*Config) {
			s := blobtest.S3(t)
			return onS3(s, s.Bucket(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStillWorld(t, change(t), func(c *Config) { c.MaxUpload = 50 << 20 })
			u := &tus{world: w, t: t, who: w.adminKey()}
			for _, rule := range tusRules {
				t.Run(rule.name, func(t *testing.T) {
					rule.check(&tus{world: w, t: t, who: u.who})
				})
			}
		})
	}
}

var tusRules = []struct {
	name  string
	check func(u *tus)
}{
	{"OPTIONS tells version, extensions, largest size and checksums, whatever version is asked with", func(u *tus) {
		for _, v := range []string{"1.0.0", "0.2.2", ""} {
			h := u.wants(204, "OPTIONS", uploadsAt, nil, "Tus-Resumable", v)
			if h.Get("Tus-Version") != "1.0.0" || h.Get("Tus-Max-Size") != "52428800" || h.Get("Tus-Checksum-Algorithm") != "sha1,sha256" {
				u.t.Error(h)
			}
			for _, e := range []string{"creation", "creation-with-upload", "creation-defer-length", "checksum", "expiration", "termination", "concatenation"} {
				if !strings.Contains(","+h.Get("Tus-Extension")+",", ","+e+",") {
					u.t.Errorf("no extension %s", e)
				}
			}
		}
	}},
	{"another version of the protocol is 412 with the versions that are spoken, and changes nothing", func(u *tus) {
		at := u.create(3)
		for _, v := range []string{"0.2.2", "2.0.0", ""} {
			for _, m := range []string{"POST", "HEAD", "PATCH", "DELETE"} {
				to := at
				if m == "POST" {
					to = uploadsAt
				}
				h := u.wants(412, m, to, nil, "Tus-Resumable", v, "Upload-Length", "3", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
				if h.Get("Tus-Version") != "1.0.0" {
					u.t.Error("412 without Tus-Version")
				}
			}
		}
		u.offset(at, "0")
	}},
	{"HEAD tells offset, length and metadata, and must not be cached", func(u *tus) {
		meta := "filename " + b64("världen.txt") + ",filetype " + b64("text/plain") + ",empty"
		at := u.create(10, "Upload-Metadata", meta)
		h := u.wants(200, "HEAD", at, nil)
		if h.Get("Upload-Offset") != "0" || h.Get("Upload-Length") != "10" || h.Get("Upload-Metadata") != meta || h.Get("Upload-Defer-Length") != "" || !strings.Contains(h.Get("Cache-Control"), "no-store") {
			u.t.Error(h)
		}
	}},
	{"PATCH adds bytes at the offset, and the last one makes the asset", func(u *tus) {
		content := text(10_000, "PATCH adds")
		at := u.create(10_000, "Upload-Metadata", "filename "+b64("brev.txt")+",title "+b64("Ett brev"))
		if h := u.patch(204, at, 0, content[:4000]); h.Get("Upload-Offset") != "4000" || h.Get("Upload-Expires") == "" || h.Get("Tillgang-Asset") != "" {
			u.t.Error(h)
		}
		u.offset(at, "4000")
		h := u.patch(204, at, 4000, content[4000:])
		asset := h.Get("Tillgang-Asset")
		if h.Get("Upload-Offset") != "10000" || h.Get("Tillgang-Upload-State") != "done" {
			u.t.Fatal(h)
		}
		u.holds(asset, content)
		var a wireAsset
		u.do(u.who, "GET", "/api/v1/assets/"+asset, nil).into(u.t, &a)
		if sum := sha256.Sum256(content); a.SHA256 != fmt.Sprintf("%x", sum) || a.Name != "brev.txt" || a.Fields["title"].Value != "Ett brev" {
			u.t.Errorf("%+v", a)
		}
		if h := u.wants(200, "HEAD", at, nil); h.Get("Tillgang-Asset") != asset || h.Get("Upload-Offset") != "10000" {
			u.t.Error(h)
		}
		var one struct{ State, Asset string }
		if u.do(u.who, "GET", at, nil).into(u.t, &one); one.State != "done" || one.Asset != asset {
			u.t.Error(one)
		}
	}},
	{"another offset is 409 and changes nothing", func(u *tus) {
		at := u.create(10)
		u.patch(204, at, 0, []byte("hello"))
		for _, wrong := range []int{0, 4, 6, 10, 11} {
			u.patch(409, at, wrong, []byte("x"))
		}
		u.offset(at, "5")
	}},
	{"bytes of another type are 415", func(u *tus) {
		at := u.create(5)
		for _, kind := range []string{"text/plain", "application/octet-stream", "nonsense", ""} {
			u.patch(415, at, 0, []byte("hello"), "Content-Type", kind)
		}
		u.offset(at, "0")
	}},
	{"an offset that is none is 400", func(u *tus) {
		at := u.create(5)
		for _, wrong := range []string{"", "-1", "+0", "0x0", "a", "1.0", "99999999999999999999"} {
			u.wants(400, "PATCH", at, strings.NewReader("x"), "Upload-Offset", wrong)
		}
	}},
	{"more bytes than the length are 413, announced or not", func(u *tus) {
		at := u.create(5)
		u.patch(413, at, 0, []byte("hello world"))
		u.offset(at, "0")
		at = u.create(5)
		u.wants(413, "PATCH", at, struct{ io.Reader }{strings.NewReader("hello world")}, "Upload-Offset", "0")
	}},
	{"a length that is none is 400; too large a one is 413", func(u *tus) {
		for _, wrong := range []string{"-1", "+5", "abc", "1e3", "99999999999999999999"} {
			u.wants(400, "POST", uploadsAt, nil, "Upload-Length", wrong)
		}
		u.wants(400, "POST", uploadsAt, nil)
		u.wants(413, "POST", uploadsAt, nil, "Upload-Length", "52428801")
	}},
	{"a file of no bytes is refused when it is announced", func(u *tus) {
		if a := u.say("POST", uploadsAt, nil, "Upload-Length", "0"); a.status != 422 || a.code() != "upload.empty" {
			u.t.Error(a.status, string(a.body))
		}
		at := u.wants(201, "POST", uploadsAt, nil, "Upload-Defer-Length", "1").Get("Location")
		if a := u.say("PATCH", at, strings.NewReader(""), "Upload-Offset", "0", "Upload-Length", "0"); a.status != 422 || a.code() != "upload.empty" {
			u.t.Error(a.status, string(a.body))
		}
	}},
	{"metadata that is none is 400", func(u *tus) {
		for _, wrong := range []string{"filename !!!", "a YQ==,a Yg==", ",", "a YQ==,", "a YQ", "nyckel\u00e5 YQ==", "folder " + b64("elsewhere"), "on_duplicate " + b64("explode"), "filename " + b64("a\x00b"), "title " + b64("\xff"), strings.Repeat("k", 9000)} {
			u.wants(400, "POST", uploadsAt, nil, "Upload-Length", "5", "Upload-Metadata", wrong)
		}
	}},
	{"POST with the method in X-HTTP-Method-Override is that method", func(u *tus) {
		at := u.create(5)
		if h := u.wants(204, "POST", at, strings.NewReader("he"), "X-HTTP-Method-Override", "PATCH", "Upload-Offset", "0"); h.Get("Upload-Offset") != "2" {
			u.t.Error(h)
		}
		u.wants(200, "POST", at, nil, "X-HTTP-Method-Override", "HEAD")
		u.wants(204, "POST", at, nil, "X-HTTP-Method-Override", "DELETE")
		u.wants(404, "HEAD", at, nil)
	}},
	{"creation-with-upload takes the first bytes, or all", func(u *tus) {
		content := text(3000, "creation-with-upload")
		h := u.wants(201, "POST", uploadsAt, bytes.NewReader(content[:1000]), "Upload-Length", "3000")
		if h.Get("Upload-Offset") != "1000" {
			u.t.Fatal(h)
		}
		u.holds(u.patch(204, h.Get("Location"), 1000, content[1000:]).Get("Tillgang-Asset"), content)
		whole := text(2000, "all at once")
		h = u.wants(201, "POST", uploadsAt, bytes.NewReader(whole), "Upload-Length", "2000")
		if h.Get("Upload-Offset") != "2000" {
			u.t.Fatal(h)
		}
		u.holds(h.Get("Tillgang-Asset"), whole)
		u.wants(415, "POST", uploadsAt, strings.NewReader("x"), "Upload-Length", "5", "Content-Type", "text/plain")
	}},
	{"creation-defer-length takes the length later, once", func(u *tus) {
		content := text(5000, "creation-defer-length")
		at := u.wants(201, "POST", uploadsAt, nil, "Upload-Defer-Length", "1").Get("Location")
		if h := u.wants(200, "HEAD", at, nil); h.Get("Upload-Defer-Length") != "1" || h.Get("Upload-Length") != "" {
			u.t.Error(h)
		}
		u.patch(204, at, 0, content[:3000])
		u.patch(400, at, 3000, content[3000:4000], "Upload-Length", "2000")
		u.patch(204, at, 3000, content[3000:4000], "Upload-Length", "5000")
		u.patch(400, at, 4000, content[4000:], "Upload-Length", "5001")
		if h := u.wants(200, "HEAD", at, nil); h.Get("Upload-Defer-Length") != "" || h.Get("Upload-Length") != "5000" || h.Get("Upload-Offset") != "4000" {
			u.t.Error(h)
		}
		u.holds(u.patch(204, at, 4000, content[4000:]).Get("Tillgang-Asset"), content)
		u.wants(400, "POST", uploadsAt, nil, "Upload-Defer-Length", "2")
		u.wants(400, "POST", uploadsAt, nil, "Upload-Defer-Length", "1", "Upload-Length", "5")
	}},
	{"checksum: a piece that has another is 460 and not kept; an unknown algorithm is 400", func(u *tus) {
		content := text(2000, "checksum")
		right, wrong := sha1.Sum(content[:1000]), sha1.Sum([]byte("other"))
		at := u.create(2000)
		u.patch(460, at, 0, content[:1000], "Upload-Checksum", "sha1 "+b64(string(wrong[:])))
		u.offset(at, "0")
		for _, bad := range []string{"md5 " + b64(strings.Repeat("x", 16)), "sha1", "sha1 !!!", "sha1 " + b64("short"), "SHA1 " + b64(string(right[:])), ""} {
			if bad != "" {
				u.patch(400, at, 0, content[:1000], "Upload-Checksum", bad)
			}
		}
		u.patch(204, at, 0, content[:1000], "Upload-Checksum", "sha1 "+b64(string(right[:])))
		rest := sha256.Sum256(content[1000:])
		u.holds(u.patch(204, at, 1000, content[1000:], "Upload-Checksum", "sha256 "+b64(string(rest[:]))).Get("Tillgang-Asset"), content)
		u.wants(460, "POST", uploadsAt, bytes.NewReader(content), "Upload-Length", "2000", "Upload-Checksum", "sha1 "+b64(string(wrong[:])))
	}},
	{"expiration: unfinished uploads say when they end", func(u *tus) {
		h := u.wants(201, "POST", uploadsAt, nil, "Upload-Length", "5")
		if _, err := http.ParseTime(h.Get("Upload-Expires")); err != nil {
			u.t.Error(err)
		}
		if h = u.patch(204, h.Get("Location"), 0, []byte("he")); h.Get("Upload-Expires") == "" {
			u.t.Error(h)
		}
	}},
	{"termination: what is cancelled is 404 and its bytes are gone", func(u *tus) {
		at := u.create(10)
		u.patch(204, at, 0, []byte("hello"))
		u.wants(204, "DELETE", at, nil)
		if h := u.wants(404, "HEAD", at, nil); h.Get("Upload-Offset") != "" {
			u.t.Error(h)
		}
		u.patch(404, at, 5, []byte("world"))
		u.wants(404, "DELETE", at, nil)
	}},
	{"concatenation joins partial uploads, which become no assets", func(u *tus) {
		content := text(9<<20, "concatenation")
		cuts := []int{0, 100, 9<<20 - 5, 9 << 20}
		var parts []string
		for i := range 3 {
			piece := content[cuts[i]:cuts[i+1]]
			at := u.create(len(piece), "Upload-Concat", "partial")
			h := u.patch(204, at, 0, piece)
			if h.Get("Tillgang-Asset") != "" || h.Get("Tillgang-Upload-State") != "stored" {
				u.t.Error(h)
			}
			if h := u.wants(200, "HEAD", at, nil); h.Get("Upload-Concat") != "partial" {
				u.t.Error(h)
			}
			parts = append(parts, at)
		}
		parts[1] = u.url + parts[1] // a whole URL is as good
		h := u.wants(201, "POST", uploadsAt, nil, "Upload-Concat", "final;"+strings.Join(parts, " "), "Upload-Metadata", "filename "+b64("hel.txt"))
		at := h.Get("Location")
		u.holds(h.Get("Tillgang-Asset"), content)
		h = u.wants(200, "HEAD", at, nil)
		if h.Get("Upload-Offset") != strconv.Itoa(9<<20) || h.Get("Upload-Length") != strconv.Itoa(9<<20) || !strings.HasPrefix(h.Get("Upload-Concat"), "final;"+parts[0]+" ") {
			u.t.Error(h)
		}
		u.patch(403, at, 9<<20, nil)
		u.wants(404, "HEAD", parts[0], nil)
		open := u.create(5, "Upload-Concat", "partial")
		for _, wrong := range []string{"final;" + open, "final;", "final; ", "whole", "final;/elsewhere/x", "final;" + uploadsAt + "/upl_x", "final;" + parts[0]} {
			u.wants(400, "POST", uploadsAt, nil, "Upload-Concat", wrong)
		}
		u.wants(400, "POST", uploadsAt, nil, "Upload-Concat", "final;"+open, "Upload-Length", "5")
	}},
	{"a duplicate is 409 with the asset that is there; it is kept or left without being sent again", func(u *tus) {
		content := text(1000, "a duplicate")
		h := u.wants(201, "POST", uploadsAt, bytes.NewReader(content), "Upload-Length", "1000")
		there := h.Get("Tillgang-Asset")
		for _, keep := range []bool{true, false} {
			at := u.create(1000)
			a := u.say("PATCH", at, bytes.NewReader(content), "Upload-Offset", "0")
			var p struct{ Code, ID string }
			if a.into(u.t, &p); a.status != 409 || p.Code != "asset.duplicate" || p.ID != there {
				u.t.Fatalf("%d %s", a.status, a.body)
			}
			if h := u.wants(200, "HEAD", at, nil); h.Get("Tillgang-Upload-State") != "duplicate" || h.Get("Tillgang-Asset") != there {
				u.t.Error(h)
			}
			var one struct{ State, Asset string }
			if u.do(u.who, "GET", at, nil).into(u.t, &one); one.State != "duplicate" || one.Asset != there {
				u.t.Error(one)
			}
			if !keep {
				u.wants(204, "DELETE", at, nil)
				continue
			}
			a = u.do(u.who, "POST", at+"/acceptance", nil)
			if a.into(u.t, &one); a.status != 200 || one.State != "done" || one.Asset == there {
				u.t.Fatalf("%d %s", a.status, a.body)
			}
			u.holds(one.Asset, content)
		}
		if h := u.wants(201, "POST", uploadsAt, bytes.NewReader(content), "Upload-Length", "1000", "Upload-Metadata", "on_duplicate "+b64("keep")); h.Get("Tillgang-Asset") == "" {
			u.t.Error(h)
		}
	}},
	{"metadata asset makes the next revision of that asset", func(u *tus) {
		asset := u.wants(201, "POST", uploadsAt, bytes.NewReader(text(100, "revision one")), "Upload-Length", "100", "Upload-Metadata", "filename "+b64("a.txt")).Get("Tillgang-Asset")
		content := text(200, "revision two")
		h := u.wants(201, "POST", uploadsAt, bytes.NewReader(content), "Upload-Length", "200", "Upload-Metadata", "filename "+b64("b.txt")+",asset "+b64(asset))
		if h.Get("Tillgang-Asset") != asset {
			u.t.Fatal(h)
		}
		u.holds(asset, content)
	}},
	{"uploads of others are 404, and strangers are 401", func(u *tus) {
		at := u.create(5)
		other := &tus{world: u.world, t: u.t, who: u.adminKey()}
		for _, m := range []string{"HEAD", "DELETE"} {
			other.wants(404, m, at, nil)
		}
		other.patch(404, at, 0, []byte("hello"))
		if a := u.do(other.who, "GET", at, nil); a.status != 404 {
			u.t.Error(a.status)
		}
		nobody := &tus{world: u.world, t: u.t, who: asker{header: "Bearer tg_nobody"}}
		for _, m := range []string{"HEAD", "DELETE"} {
			nobody.wants(401, m, at, nil)
		}
		nobody.wants(401, "POST", uploadsAt, nil, "Upload-Length", "5")
		nobody.patch(401, at, 0, []byte("hello"))
		u.wants(404, "HEAD", uploadsAt+"/upl_nonsense", nil)
		u.offset(at, "0")
	}},
}
