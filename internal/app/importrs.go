// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tillgang/internal/plain"
)

// rsMap says how an export of ResourceSpace is taken.
type rsMap struct {
	Columns map[string]string   `json:"columns"`
	Types   map[string]string   `json:"types"`
	Access  map[string]rsAccess `json:"access"`
}

type rsAccess struct {
	Folder       string `json:"folder"`
	EmbargoUntil string `json:"embargo_until"`
}

// Columns of an export that are not fields, in lower case.
var rsID, rsFile = []string{"resource id(s)", "resource id", "ref", "id"}, []string{"original filename", "filename", "file"}

var rsType, rsAccessColumn = []string{"resource type"}, []string{"access", "access level"}

// rsUsual is which field a column is by default, in lower case: the names that
// ResourceSpace gives its fields when it is installed.
var rsUsual = map[string]string{
	"title": "title", "caption": "description", "description": "description", "keywords": "keywords", "keywords - subject": "keywords",
	"subject": "keywords", "keywords - emotion": "keywords", "named person(s)": "persons", "credit": "credit", "author": "creator",
	"photographer": "creator", "creator": "creator", "date": "captured_on", "country": "country", "city": "city", "source": "source",
	"copyright": "copyright", "usage rights": "usage_terms", "licence": "licence", "license": "licence",
}

// rsTable is the table of an export.
type rsTable struct {
	head []string
	rows [][]string
}

func readRS(path string) (t rsTable, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return t, err
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(b))
	line, _, _ := bytes.Cut(b, []byte("\n"))
	for _, sep := range ";\t" {
		if bytes.Count(line, []byte(string(sep))) > bytes.Count(line, []byte(string(r.Comma))) {
			r.Comma = sep
		}
	}
	r.FieldsPerRecord = -1
	if t.head, err = r.Read(); err != nil {
		return t, fmt.Errorf("%s is no table: %w", shown(path), err)
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return t, fmt.Errorf("%s: %w", shown(path), err)
		}
		t.rows = append(t.rows, row)
	}
}

// column finds the first column of one of these names; -1: none.
func (t rsTable) column(names []string) int {
	for _, n := range names {
		if i := slices.IndexFunc(t.head, func(h string) bool { return strings.ToLower(strings.TrimSpace(h)) == n }); i >= 0 {
			return i
		}
	}
	return -1
}

func (t rsTable) cell(row []string, i int) string {
	if i < 0 || i >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[i])
}

// kindsOfFields asks the server for its fields: name → type.
func (u *uploader) kindsOfFields(ctx context.Context) (map[string]string, error) {
	a, err := u.surely(ctx, http.MethodGet, "/api/v1/fields", nil)
	if err != nil {
		return nil, err
	}
	var p struct {
		Items []struct {
			Name string `json:"name"`
			Type string `json:"type"`
		} `json:"items"`
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, f := range p.Items {
		out[f.Name] = f.Type
	}
	return out, nil
}

// resourceSpace makes pieces of an export: each row with its file, and its
// alternative files as pieces of their own.
func (u *uploader) resourceSpace(ctx context.Context, o *importOptions) ([]piece, error) {
	t, err := readRS(o.csv)
	if err != nil {
		return nil, err
	}
	m := rsMap{Access: map[string]rsAccess{"Restricted": {Folder: "Restricted"}, "Confidential": {EmbargoUntil: "2099-12-31T00:00:00Z"}}}
	if o.mapAt != "" {
		b, err := os.ReadFile(o.mapAt)
		if err != nil {
			return nil, err
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&m); err != nil {
			return nil, fmt.Errorf("%s: %w", shown(o.mapAt), err)
		}
	}
	types, err := u.kindsOfFields(ctx)
	if err != nil {
		return nil, err
	}
	fields, unknown, err := m.fields(t, types)
	if err != nil {
		return nil, err
	}
	if len(unknown) > 0 {
		_, _ = fmt.Fprintf(os.Stderr, "columns that are left out; name their fields with --map: %s\n", shown(strings.Join(unknown, ", ")))
	}
	found, err := look([]string{o.files})
	if err != nil {
		return nil, err
	}
	return m.pieces(t, fields, types, found.files), nil
}

// fields finds out which column is which field.
func (m rsMap) fields(t rsTable, types map[string]string) (fields map[int]string, unknown []string, err error) {
	special := []int{t.column(rsID), t.column(rsFile), t.column(rsType), t.column(rsAccessColumn)}
	if special[0] < 0 && special[1] < 0 {
		return nil, nil, errors.New(`the table has neither a column "Resource ID(s)" nor "Original filename"`)
	}
	fields = map[int]string{}
	for i, h := range t.head {
		h = strings.TrimSpace(h)
		to, said := m.Columns[h]
		switch {
		case said && to == "":
			continue
		case said && types[to] == "":
			return nil, nil, fmt.Errorf("the column %q is mapped to %q, and there is no such field", h, to)
		case !said && slices.Contains(special, i):
			continue
		case !said:
			if to = rsUsual[strings.ToLower(h)]; to == "" && types[strings.ToLower(h)] != "" {
				to = strings.ToLower(h)
			}
		}
		if to == "" {
			unknown = append(unknown, h)
			continue
		}
		fields[i] = to
	}
	return fields, unknown, nil
}

func (m rsMap) pieces(t rsTable, fields map[int]string, types map[string]string, files []sending) (out []piece) {
	byName := map[string][]sending{}
	for _, f := range files {
		name := plain.Fold(filepath.Base(f.path))
		byName[name] = append(byName[name], f)
	}
	idAt, fileAt, typeAt, accessAt := t.column(rsID), t.column(rsFile), t.column(rsType), t.column(rsAccessColumn)
	for n, row := range t.rows {
		ref, name := t.cell(row, idAt), t.cell(row, fileAt)
		about := fmt.Sprintf("row %d (%s)", n+2, strings.Trim(ref+" "+name, " "))
		p := piece{about: about, fields: saidIn(t, row, fields, types)}
		below := t.cell(row, typeAt)
		if to, ok := m.Types[below]; ok {
			below = to
		}
		if a, ok := m.Access[t.cell(row, accessAt)]; ok {
			below = strings.Trim(below+"/"+safeFolder(a.Folder), "/")
			if a.EmbargoUntil != "" {
				p.dates = map[string]any{"embargo_until": a.EmbargoUntil}
			}
		}
		mine := ofResource(files, ref)
		main := slices.IndexFunc(mine, func(f sending) bool {
			return name != "" && strings.HasSuffix(plain.Fold(filepath.Base(f.path)), plain.Fold(name))
		})
		named := byName[plain.Fold(filepath.Base(strings.ReplaceAll(name, "\\", "/")))]
		switch {
		case main > 0:
			mine[0], mine[main] = mine[main], mine[0]
		case main < 0 && name != "" && len(named) == 1:
			mine = append([]sending{named[0]}, slices.DeleteFunc(mine, func(f sending) bool { return f.path == named[0].path })...)
		case main < 0 && len(named) > 1:
			p.refused = "several files have the name " + shown(name) + "; put the resource's number before each, as RS" + ref + "_"
		}
		if p.refused == "" && len(mine) == 0 {
			p.refused = "no file of it was found"
		}
		if p.refused != "" {
			out = append(out, p)
			continue
		}
		for i, f := range mine {
			one := p
			one.sending = f
			one.below = safePath(below)
			if i > 0 {
				one.about = about + ", alternative file " + filepath.Base(f.path)
			}
			one.fields, one.dates = maps.Clone(p.fields), maps.Clone(p.dates)
			out = append(out, one)
		}
	}
	return out
}

// ofResource lists the files whose names begin with a resource's number, the
// shortest name first: the others are alternatives.
func ofResource(files []sending, ref string) (out []sending) {
	if ref == "" {
		return nil
	}
	for _, f := range files {
		base := filepath.Base(f.path)
		stem := strings.TrimSuffix(base, filepath.Ext(base))
		low := strings.TrimPrefix(strings.ToLower(stem), "rs")
		if low == ref || strings.HasPrefix(low, ref+"_") {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b sending) int {
		alt := func(s sending) int {
			if strings.Contains(strings.ToLower(filepath.Base(s.path)), "_alt") {
				return 1
			}
			return 0
		}
		if d := alt(a) - alt(b); d != 0 {
			return d
		}
		return len(a.path) - len(b.path)
	})
	return out
}

func safeFolder(s string) string {
	return strings.TrimSpace(strings.NewReplacer("/", "-", "\\", "-").Replace(s))
}

func safePath(s string) string {
	parts := strings.Split(s, "/")
	for i, p := range parts {
		parts[i] = safeFolder(p)
	}
	return strings.Trim(strings.Join(parts, "/"), "/")
}

// saidIn is what a row says, as PATCH /assets wants it.
func saidIn(t rsTable, row []string, fields map[int]string, types map[string]string) map[string]any {
	out := map[string]any{}
	for _, i := range slices.Sorted(maps.Keys(fields)) {
		name, text := fields[i], t.cell(row, i)
		if text == "" {
			continue
		}
		switch types[name] {
		case "list":
			values := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
			had, _ := out[name].(map[string]any)
			list, _ := had["values"].([]string)
			for _, v := range values {
				if v = strings.TrimSpace(v); v != "" && !slices.Contains(list, v) {
					list = append(list, v)
				}
			}
			out[name] = map[string]any{"values": list}
		case "date":
			if len(text) >= 10 { // dates of ResourceSpace have a time behind them
				text = text[:10]
			}
			out[name] = map[string]any{"value": text}
		default:
			if out[name] == nil {
				out[name] = map[string]any{"value": text}
			}
		}
	}
	return out
}
