// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"tillgang/internal/filemeta"
)

// mostSidecar is the largest XMP file that is read, in bytes.
const mostSidecar = 1 << 20

func readSidecar(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.New("its XMP file: " + why(err))
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, mostSidecar+1))
	if err != nil {
		return nil, errors.New("its XMP file: " + why(err))
	}
	if _, ok := filemeta.ReadXMP(b); !ok || len(b) > mostSidecar {
		return nil, errors.New("its XMP file cannot be read: it is damaged, too large, or declares a document type")
	}
	return b, nil
}

// folderPieces lists a directory: its files, each with the XMP file beside it.
func folderPieces(root string) ([]piece, error) {
	found, err := look([]string{root})
	if err != nil {
		return nil, err
	}
	there, stems := map[string]bool{}, map[string]int{}
	isXMP := func(p string) bool { return strings.EqualFold(filepath.Ext(p), ".xmp") }
	stem := func(p string) string { return strings.TrimSuffix(p, filepath.Ext(p)) }
	for _, f := range found.files {
		there[f.path] = true
		if !isXMP(f.path) {
			stems[stem(f.path)]++
		}
	}
	var out []piece
	for _, f := range found.files {
		if isXMP(f.path) {
			// Beside a file it is that one's; alone it is nobody's.
			if whole := stem(f.path); !there[whole] && stems[whole] == 0 {
				out = append(out, piece{sending: f, about: f.path, refused: "an XMP file without the file that it is about"})
			}
			continue
		}
		p := piece{sending: f, about: f.path}
		for _, at := range []string{f.path + ".xmp", f.path + ".XMP", stem(f.path) + ".xmp", stem(f.path) + ".XMP"} {
			if there[at] && p.sidecar == "" {
				p.sidecar = at
			}
		}
		out = append(out, p)
	}
	for _, l := range slices.Concat(found.left, found.unread) {
		out = append(out, piece{sending: sending{path: l.path}, about: l.path, refused: l.why})
	}
	return out, nil
}

// wireFields is what of an asset is compared.
type wireFields struct {
	Fields map[string]struct {
		Value  string            `json:"value"`
		Values []string          `json:"values"`
		Lang   map[string]string `json:"lang"`
	} `json:"fields"`
	EmbargoUntil string `json:"embargo_until"`
}

// say brings what is known of a file into its asset, unless it is there.
func (u *uploader) say(ctx context.Context, asset, outcome string, p piece, xmp []byte, dry bool) (string, string, string) {
	at, changed := "/api/v1/assets/"+asset, false
	failed := func(err error) (string, string, string) {
		return "refused", asset, "the file is in the archive; what is said of it is not: " + err.Error()
	}
	if xmp != nil {
		a, err := u.surely(ctx, http.MethodGet, at+"/sidecar", nil)
		if err != nil {
			return failed(err)
		}
		if has, _ := filemeta.ReadXMP(a.body); !covers(has, xmp) {
			changed = true
			if !dry {
				if err := u.putSidecar(ctx, at+"/sidecar", xmp); err != nil {
					return failed(err)
				}
			}
		}
	}
	if len(p.fields)+len(p.dates) > 0 {
		a, err := u.surely(ctx, http.MethodGet, at, nil)
		if err != nil {
			return failed(err)
		}
		var now wireFields
		if err := json.Unmarshal(a.body, &now); err != nil {
			return failed(err)
		}
		if body := p.missing(now); len(body) > 0 {
			changed = true
			if !dry {
				if _, err := u.surely(ctx, http.MethodPatch, at, body); err != nil {
					return failed(err)
				}
			}
		}
	}
	if changed && outcome == "here" {
		outcome = "updated"
	}
	return outcome, asset, ""
}

// missing is the change that brings what is said of a piece into its asset;
// empty: it is there.
func (p piece) missing(now wireFields) map[string]any {
	fields := map[string]any{}
	for name, v := range p.fields {
		has := now.Fields[name]
		same := false
		switch want := v.(type) {
		case map[string]any:
			if list, ok := want["values"].([]string); ok {
				same = slices.Equal(list, has.Values)
			} else if text, ok := want["value"].(string); ok {
				same = text == has.Value || slices.Contains(slices.Collect(maps.Values(has.Lang)), text)
			}
		}
		if !same {
			fields[name] = v
		}
	}
	body := map[string]any{}
	if len(fields) > 0 {
		body["fields"] = fields
	}
	if until, ok := p.dates["embargo_until"].(string); ok && until != now.EmbargoUntil {
		body["embargo_until"] = until
	}
	return body
}

// covers reports whether the archive's XMP says all that a file's says.
func covers(has filemeta.Meta, xmp []byte) bool {
	want, _ := filemeta.ReadXMP(xmp)
	v, h := reflect.ValueOf(want), reflect.ValueOf(has)
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch w := v.Field(i).Interface().(type) {
		case filemeta.Text:
			there := slices.Collect(maps.Values(h.Field(i).Interface().(filemeta.Text))) //nolint:forcetypeassert // both are of one type
			for _, text := range w {
				if !slices.Contains(there, text) {
					return false
				}
			}
		case []string:
			if v.Type().Field(i).Name == "Notes" {
				continue
			}
			for _, one := range w {
				if !slices.Contains(h.Field(i).Interface().([]string), one) { //nolint:forcetypeassert // both are of one type
					return false
				}
			}
		case string:
			if w != "" && w != h.Field(i).Interface().(string) { //nolint:forcetypeassert // both are of one type
				return false
			}
		}
	}
	return true
}

func (u *uploader) putSidecar(ctx context.Context, at string, xmp []byte) error {
	for p := u.pacing(); ; {
		_, err := u.ask(ctx, http.MethodPut, u.server+at, bytes.NewReader(xmp), int64(len(xmp)), "Content-Type", "application/rdf+xml")
		if said, ok := errors.AsType[*problem](err); ok && said.Code == "sidecar.empty" {
			return nil // it says nothing that the archive keeps
		}
		if err == nil {
			return nil
		}
		if err := p.again(ctx, err); err != nil {
			return err
		}
	}
}
