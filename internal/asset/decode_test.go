// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sampleFields is JSON of fields as they are kept, and as they might be.
var sampleFields = []string{
	`{}`,
	`{"title": {"at": "2026-11-01T12:00:00Z", "by": "acc_1", "lang": {"sv": "Åsa på \"bron\"", "": "\u00e5"}, "marks": {"sv": {"at": "2026-11-01T12:00:00.123456Z", "source": "person"}}, "source": "person"}}`,
	`{"keywords":{"values":["a","b\\c",""],"source":"file","at":"0001-01-01T00:00:00Z"},"city":{"value":"Luleå","source":"machine","at":"2026-11-01T12:00:00+02:00"}}`,
	`{"empty": {"values": [], "lang": {}, "marks": {}, "source": "", "at": "2026-11-01T12:00:00Z"}}`,
	`{"later": {"value": "x", "unknown": [1, {"a": null}], "at": "2026-11-01T12:00:00Z", "source": "file"}}`,
	`{"nulls": {"value": null, "values": null, "lang": null, "at": "2026-11-01T12:00:00Z", "source": "file"}}`,
	`{"twice": {"value": "a", "at": "2026-11-01T12:00:00Z", "source": "file"}, "twice": {"values": ["b"], "at": "2026-11-01T12:00:00Z", "source": "file"}}`,
	`{"a": {"value": "\ud800", "at": "2026-11-01T12:00:00Z", "source": "file"}}`,
	`{"a":`, `null`, `[]`, `{"a": {"at": "yesterday"}}`, "{\"a\": {\"value\": \"\x01\"}}", "{\"a\": {\"value\": \"\xff\"}}", `{} {}`,
}

// sameFields reads text both ways: they agree, on what is wrong too.
func sameFields(t *testing.T, text string) {
	t.Helper()
	want := map[string]Field{}
	wantErr := json.Unmarshal([]byte(text), &want)
	for _, src := range []any{text, []byte(text)} {
		var got Fields
		if err := got.Scan(src); (err != nil) != (wantErr != nil) {
			t.Fatalf("%q: %v, want %v", text, err, wantErr)
		}
		if wantErr != nil {
			continue
		}
		if diff := cmp.Diff(want, map[string]Field(got), cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Fatalf("%q:\n%s", text, diff)
		}
	}
}

func TestFieldsAreReadAsEncodingJSONReadsThem(t *testing.T) {
	t.Parallel()
	read := 0
	for _, s := range sampleFields {
		sameFields(t, s)
		d := decoder{s: s}
		if _, ok := d.fields(); ok {
			read++
		}
	}
	if read < 4 {
		t.Errorf("only %d of the samples are read without encoding/json", read)
	}
}

func FuzzFields(f *testing.F) {
	for _, s := range sampleFields {
		f.Add(s)
	}
	f.Fuzz(sameFields)
}
