// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"encoding/json"
	"slices"
	"time"

	"tillgang/internal/id"
)

// fieldBin is the name under which steps keep the way through the bin.
const fieldBin = "bin"

// Step is one thing that a deed changed on an asset: enough to undo it, and to
// see whether somebody has changed it since.
type Step struct {
	Field  string          `json:"field"`
	Lang   string          `json:"lang,omitempty"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	Was    Mark            `json:"was,omitzero"`
	Is     Mark            `json:"is,omitzero"`
}

// steps are a sheet's changes, to be kept.
func (s *sheet) steps() ([]Step, error) {
	out := make([]Step, len(s.changes))
	for i, c := range s.changes {
		out[i] = Step{Field: c.Field, Lang: c.Lang, Was: c.Was, Is: c.Is}
		for to, v := range map[*json.RawMessage]any{&out[i].Before: c.Before, &out[i].After: c.After} {
			if v == nil {
				continue
			}
			b, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			*to = b
		}
	}
	return out, nil
}

func (m Mark) same(o Mark) bool { return m.Source == o.Source && m.By == o.By && m.At.Equal(o.At) }

// text, list and alt read what a step keeps.
func text(b json.RawMessage) (s string) { _ = json.Unmarshal(b, &s); return s }

func list(b json.RawMessage) (l []string) { _ = json.Unmarshal(b, &l); return l }

func decision(b json.RawMessage, m Mark) (a Alt) {
	_ = json.Unmarshal(b, &a)
	a.Source, a.By, a.At = m.Source, m.By, m.At
	return a
}

// undo takes a step back on the sheet of an asset, unless somebody has changed
// the same thing since: then it reports false. Steps on the folder and the bin
// are not its business.
func (s *sheet) undo(a *Asset, step Step) bool {
	switch step.Field {
	case fieldAlt:
		now := s.alt[step.Lang]
		was := decision(step.After, step.Is)
		if now.Decision != was.Decision || now.Text != was.Text || !(Mark{now.Source, now.By, now.At}).same(step.Is) {
			return false
		}
		back := decision(step.Before, step.Was)
		if s.alt[step.Lang] = back; back.Source == "" {
			delete(s.alt, step.Lang)
		}
		s.back(step, decided(now), decided(back))
		return true
	case fieldEmbargo:
		return s.undoDate(&a.EmbargoUntil, step)
	case fieldExpiry:
		return s.undoDate(&a.ExpiresAt, step)
	case fieldOwner:
		return s.undoOwner(a, step)
	}
	d, ok := s.reg.Def(step.Field)
	if !ok {
		return false
	}
	f := s.fields[d.Name]
	if !f.mark(step.Lang).same(step.Is) {
		return false
	}
	switch {
	case d.Type.Several():
		if !slices.Equal(f.Values, list(step.After)) {
			return false
		}
		s.fields[d.Name] = Field{Values: list(step.Before), Source: step.Was.Source, By: step.Was.By, At: step.Was.At}
		s.back(step, someList(list(step.After)), someList(list(step.Before)))
	case !d.PerLanguage:
		if f.Value != text(step.After) {
			return false
		}
		s.fields[d.Name] = Field{Value: text(step.Before), Source: step.Was.Source, By: step.Was.By, At: step.Was.At}
		s.back(step, some(text(step.After)), some(text(step.Before)))
	default:
		if f.Lang[step.Lang] != text(step.After) {
			return false
		}
		f.Lang, f.Marks = cloned(f.Lang), marked(f)
		if f.Lang[step.Lang] = text(step.Before); f.Lang[step.Lang] == "" {
			delete(f.Lang, step.Lang)
		}
		if f.Marks[step.Lang] = step.Was; step.Was.Source == "" {
			delete(f.Marks, step.Lang)
		}
		m := strongest(f.Marks)
		f.Source, f.By, f.At, f.Value = m.Source, m.By, m.At, ""
		s.fields[d.Name] = f
		s.back(step, some(text(step.After)), some(text(step.Before)))
	}
	if s.fields[d.Name].Source == "" {
		delete(s.fields, d.Name)
	}
	return true
}

func (s *sheet) undoDate(at **time.Time, step Step) bool {
	if stamp(*at) != any(nil) && stamp(*at) != text(step.After) || stamp(*at) == nil && text(step.After) != "" {
		return false
	}
	*at = nil
	if t, err := time.Parse(time.RFC3339Nano, text(step.Before)); err == nil {
		*at = &t
	}
	s.back(step, some(text(step.After)), some(text(step.Before)))
	return true
}

// back notes a step that was taken back.
func (s *sheet) back(step Step, before, after any) {
	s.touched = true
	same := string(step.Before) == string(step.After)
	s.changes = append(s.changes, change{step.Field, step.Lang, before, after, step.Is, step.Was, same})
}

// folderOf reads a folder that a step keeps.
func folderOf(b json.RawMessage) (f id.Folder) { _ = json.Unmarshal(b, &f); return f }
