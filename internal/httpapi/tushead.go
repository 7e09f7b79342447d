// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
)

// The headers of the tus protocol 1.0.0, read strictly: what is not as the text
// says is refused by name, and nothing of it is shown again.

// Bounds of what clients write.
const (
	maxMetadata = 8 << 10  // bytes of Upload-Metadata
	maxConcat   = 28 << 10 // and of Upload-Concat
)

// octets is the one media type that bytes come in.
const octets = "application/offset+octet-stream"

// badHeader is the fault for a header that cannot be read; its status is 400.
func badHeader(name, what string) error {
	return fault.Fields(codeHeader, "A header of the request is not as the tus protocol wants it.", map[string]string{name: what})
}

// wholeNumber reads a number of bytes: digits and nothing else.
func wholeNumber(name, text string) (int64, error) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, badHeader(name, "must be a whole number of bytes")
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, badHeader(name, "must be a whole number of bytes")
	}
	return n, nil
}

// single is the header's value; whoever sends it twice means two things.
func single(h http.Header, name string) (value string, there bool, err error) {
	list := h.Values(name)
	switch len(list) {
	case 0:
		return "", false, nil
	case 1:
		return strings.TrimSpace(list[0]), true, nil
	}
	return "", true, badHeader(name, "is there twice")
}

// lengthOf reads Upload-Length and Upload-Defer-Length of a creation: -1 if the
// length comes later.
func lengthOf(h http.Header) (int64, error) {
	length, there, err := single(h, "Upload-Length")
	if err != nil {
		return 0, err
	}
	later, deferred, err := single(h, "Upload-Defer-Length")
	switch {
	case err != nil:
		return 0, err
	case deferred && later != "1":
		return 0, badHeader("Upload-Defer-Length", "must be 1")
	case deferred && there:
		return 0, badHeader("Upload-Length", "and Upload-Defer-Length exclude each other")
	case deferred:
		return -1, nil
	case !there:
		return 0, badHeader("Upload-Length", "is missing, and Upload-Defer-Length too")
	}
	return wholeNumber("Upload-Length", length)
}

// metadataOf reads Upload-Metadata: "key base64,key base64,key".
func metadataOf(h http.Header) (raw string, values map[string]string, err error) {
	raw, _, err = single(h, "Upload-Metadata")
	if err != nil {
		return "", nil, err
	}
	if len(raw) > maxMetadata {
		return "", nil, badHeader("Upload-Metadata", "is longer than 8 KiB")
	}
	values = map[string]string{}
	if raw == "" {
		return "", values, nil
	}
	for pair := range strings.SplitSeq(raw, ",") {
		key, coded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if !isKey(key) {
			return "", nil, badHeader("Upload-Metadata", "has a key that is not made of visible ASCII characters")
		}
		if _, twice := values[key]; twice {
			return "", nil, badHeader("Upload-Metadata", "has a key twice")
		}
		value, err := base64.StdEncoding.Strict().DecodeString(coded)
		if err != nil {
			return "", nil, badHeader("Upload-Metadata", "has a value that is not base64")
		}
		values[key] = string(value)
	}
	return raw, values, nil
}

func isKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] >= 0x7f {
			return false
		}
	}
	return key != ""
}

// planOf makes what the room is told of the metadata.
func planOf(values map[string]string, size int64) (ingest.Plan, error) {
	p := ingest.Plan{Size: size, Name: values["filename"]}
	wrong := func(key, what string) (ingest.Plan, error) {
		return p, fault.Fields(codeHeader, "A value of Upload-Metadata is not as it must be.", map[string]string{key: what})
	}
	if p.Name == "" {
		p.Name = values["name"]
	}
	for _, key := range []string{"filename", "name", "title"} {
		if !utf8.ValidString(values[key]) || strings.ContainsRune(values[key], 0) {
			return wrong(key, "must be text in UTF-8")
		}
	}
	p.Title = strings.TrimSpace(values["title"])
	var err error
	if v := values["folder"]; v != "" {
		if p.Folder, err = id.Parse[id.Folder](v); err != nil {
			return wrong("folder", err.Error())
		}
	}
	if v := values["asset"]; v != "" {
		if p.Asset, err = id.Parse[id.Asset](v); err != nil {
			return wrong("asset", err.Error())
		}
	}
	switch values["on_duplicate"] {
	case "", "refuse":
	case "keep":
		p.OnDuplicate = ingest.Keep
	default:
		return wrong("on_duplicate", "must be refuse or keep")
	}
	switch values["allow_kind_change"] {
	case "", "false":
	case "true":
		p.AnyKind = true
	default:
		return wrong("allow_kind_change", "must be true or false")
	}
	return p, nil
}

// concatOf reads Upload-Concat: what part the upload has, and of a final one
// the partial uploads that it names, by path or by URL.
func concatOf(h http.Header) (partial bool, parts []id.Upload, err error) {
	v, there, err := single(h, "Upload-Concat")
	if err != nil || !there {
		return false, nil, err
	}
	if v == "partial" {
		return true, nil, nil
	}
	list, final := strings.CutPrefix(v, "final;")
	if !final || len(v) > maxConcat {
		return false, nil, badHeader("Upload-Concat", "must be partial, or final; and the addresses of partial uploads")
	}
	for one := range strings.FieldsSeq(list) {
		u, err := url.Parse(one)
		if err != nil || path.Dir(u.Path) != uploadsAt {
			return false, nil, badHeader("Upload-Concat", "names something that is no upload here")
		}
		p, err := id.Parse[id.Upload](path.Base(u.Path))
		if err != nil {
			return false, nil, badHeader("Upload-Concat", "names something that is no upload here")
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return false, nil, badHeader("Upload-Concat", "names no partial upload")
	}
	return false, parts, nil
}

// checksumOf reads Upload-Checksum: "sha1 base64"; nil if there is none.
func checksumOf(h http.Header) (*ingest.Checksum, error) {
	v, there, err := single(h, "Upload-Checksum")
	if err != nil || !there {
		return nil, err
	}
	algorithm, coded, _ := strings.Cut(v, " ")
	sum, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(coded))
	if err != nil {
		return nil, badHeader("Upload-Checksum", "has a sum that is not base64")
	}
	c := ingest.NewChecksum(algorithm, sum)
	if c == nil {
		return nil, badHeader("Upload-Checksum", "must be one of "+strings.Join(ingest.ChecksumAlgorithms(), ", ")+" and its sum")
	}
	return c, nil
}

// carriesBytes reports whether the request's body is the next bytes of a file.
func carriesBytes(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == octets
}
