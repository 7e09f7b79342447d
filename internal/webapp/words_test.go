// SPDX-License-Identifier: Apache-2.0

package webapp_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tillgang/internal/asset"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/rendition"
)

func words(t *testing.T, lang string) map[string]string {
	t.Helper()
	w := map[string]string{}
	for _, of := range []string{"", "request/"} {
		b, err := os.ReadFile("ui/words/" + of + lang + ".json")
		must(t, err)
		must(t, json.Unmarshal(b, &w))
	}
	return w
}

var places = regexp.MustCompile(`\{[0-9]\}`)

func TestEveryLanguageHasEveryText(t *testing.T) {
	t.Parallel()
	en := words(t, "en")
	for _, lang := range []string{"sv", "nb", "da", "fi"} {
		other := words(t, lang)
		for key, text := range en {
			said, there := other[key]
			switch {
			case !there || strings.TrimSpace(said) == "":
				t.Errorf("%s lacks %s", lang, key)
			case len(places.FindAllString(said, -1)) != len(places.FindAllString(text, -1)):
				t.Errorf("%s: %s takes other values: %q, %q", lang, key, text, said)
			}
		}
		for key := range other {
			if _, there := en[key]; !there {
				t.Errorf("%s has %s, which English has not", lang, key)
			}
		}
	}
}

// uses finds the keys that pages, scripts and code ask for.
var uses = []*regexp.Regexp{
	regexp.MustCompile(`\.T "([a-z_]+)"`),
	regexp.MustCompile(`say\("([a-z_]+[a-z])"`),
}

func TestEveryTextThatIsAskedForExistsAndNoOtherDoes(t *testing.T) {
	t.Parallel()
	wanted := map[string]bool{}
	for _, pattern := range []string{"*.go", "ui/pages/*.html", "ui/pages/*/*.html", "ui/static/*.js"} {
		files, err := filepath.Glob(pattern)
		must(t, err)
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			must(t, err)
			for _, use := range uses {
				for _, m := range use.FindAllSubmatch(b, -1) {
					wanted[string(m[1])] = true
				}
			}
		}
	}
	add := func(family string, members ...string) {
		for _, m := range members {
			wanted[family+m] = true
		}
	}
	for k := fault.Internal; k <= fault.Stale; k++ {
		add("error_", k.String())
	}
	add("error_", fault.Stale.String())
	for _, d := range asset.Defs() {
		add("field_", d.Name)
	}
	for _, k := range []asset.Kind{asset.Image, asset.Video, asset.Audio, asset.Document, asset.Archive, asset.Font, asset.Other} {
		add("kind_", string(k))
	}
	add("wrong_", "needed", "too_long", "no_address", "not_fit", "changed", "wrong")
	add("share_kind_", "image", "video", "audio", "document", "archive", "font", "other")
	add("share_field_", "description", "credit", "copyright", "usage_terms")
	add("share_verdict_", "approved", "rejected", "comment")
	add("share_channel_", delivery.Channels()...)
	for _, p := range rendition.Presets() {
		add("share_size_", p.Name)
	}
	en := words(t, "en")
	for key := range wanted {
		if _, there := en[key]; !there {
			t.Errorf("there is no text for %s", key)
		}
	}
	var idle []string
	for key := range en {
		if !wanted[key] && !strings.HasPrefix(key, "fault_") && !strings.Contains(key, " ") {
			idle = append(idle, key)
		}
	}
	slices.Sort(idle)
	if len(idle) > 0 {
		t.Errorf("nobody asks for %v", idle)
	}
}
