// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// Fields are an asset's fields by name. As a type they are read from the
// database by a reader of their own: a list of assets spends most of its time
// with them, and they are always written the same way.
type Fields map[string]Field

// Scan reads what the database has.
func (f *Fields) Scan(src any) error {
	var text string
	switch v := src.(type) {
	case string:
		text = v
	case []byte:
		text = string(v) // once: all texts are parts of it
	case nil:
		*f = nil
		return nil
	}
	d := decoder{s: text}
	if out, ok := d.fields(); ok {
		*f = out
		return nil
	}
	out := map[string]Field{}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return err
	}
	*f = out
	return nil
}

// decoder reads fields as json.Marshal and Postgres write them. What it does
// not know it does not read, and leaves to encoding/json.
type decoder struct {
	s  string
	at int
}

func (d *decoder) fields() (Fields, bool) {
	out := Fields{}
	ok := d.object(func(name string) bool {
		f, ok := d.field()
		out[name] = f
		return ok
	})
	d.space()
	return out, ok && d.at == len(d.s)
}

func (d *decoder) field() (f Field, ok bool) {
	var m Mark
	ok = d.object(func(name string) (ok bool) {
		switch name {
		case "value":
			f.Value, ok = d.text()
		case "values":
			f.Values, ok = d.texts()
		case "lang":
			f.Lang = map[string]string{}
			ok = d.object(func(lang string) (ok bool) {
				f.Lang[lang], ok = d.text()
				return ok
			})
		case "marks":
			f.Marks = map[string]Mark{}
			ok = d.object(func(lang string) (ok bool) {
				var one Mark
				ok = d.object(func(name string) bool { return d.mark(&one, name) })
				f.Marks[lang] = one
				return ok
			})
		default:
			ok = d.mark(&m, name)
		}
		return ok
	})
	f.Source, f.By, f.At = m.Source, m.By, m.At
	return f, ok
}

// mark reads one member of a mark.
func (d *decoder) mark(m *Mark, name string) (ok bool) {
	var s string
	if s, ok = d.text(); !ok {
		return false
	}
	switch name {
	case "source":
		m.Source = Source(s)
	case "by":
		m.By = s
	case "at":
		at, err := time.Parse(time.RFC3339Nano, s)
		m.At = at
		return err == nil
	default:
		return false
	}
	return true
}

func (d *decoder) space() {
	for d.at < len(d.s) && (d.s[d.at] == ' ' || d.s[d.at] == '\n' || d.s[d.at] == '\t' || d.s[d.at] == '\r') {
		d.at++
	}
}

// sign reads one sign, with space before it.
func (d *decoder) sign(c byte) bool {
	d.space()
	if d.at >= len(d.s) || d.s[d.at] != c {
		return false
	}
	d.at++
	return true
}

func (d *decoder) object(member func(name string) bool) bool {
	if !d.sign('{') {
		return false
	}
	if d.sign('}') {
		return true
	}
	for {
		name, ok := d.text()
		if !ok || !d.sign(':') || !member(name) {
			return false
		}
		if d.sign('}') {
			return true
		}
		if !d.sign(',') {
			return false
		}
	}
}

func (d *decoder) texts() ([]string, bool) {
	out := []string{}
	if !d.sign('[') {
		return nil, false
	}
	if d.sign(']') {
		return out, true
	}
	for {
		s, ok := d.text()
		if !ok {
			return nil, false
		}
		if out = append(out, s); d.sign(']') {
			return out, true
		}
		if !d.sign(',') {
			return nil, false
		}
	}
}

// text reads a text. One with escapes, which are rare, is read by encoding/json.
func (d *decoder) text() (string, bool) {
	if !d.sign('"') {
		return "", false
	}
	from := d.at
	escaped := false
	for ; d.at < len(d.s); d.at++ {
		switch c := d.s[d.at]; {
		case c == '"':
			s := d.s[from:d.at]
			d.at++
			if escaped {
				err := json.Unmarshal([]byte(d.s[from-1:d.at]), &s)
				return s, err == nil
			}
			if !utf8.ValidString(s) {
				return "", false
			}
			return s, true
		case c == '\\':
			escaped = true
			d.at++
		case c < ' ':
			return "", false
		}
	}
	return "", false
}
