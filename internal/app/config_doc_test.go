// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDescribedConfigurationIsTheOneThatIsRead(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../deploy/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Documentation(), string(b)); d != "" {
		t.Error("deploy/configuration.md is out of date: run make generate\n", d)
	}
}

func TestEverySettingIsExplainedInOneSentence(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for f := range reflect.TypeFor[Config]().Fields() {
		name, doc := f.Tag.Get("env"), f.Tag.Get("doc")
		if name == "" || strings.ToUpper(name) != name || seen[name] {
			t.Errorf("%s has no good name: %q", f.Name, name)
		}
		seen[name] = true
		if len(doc) < 20 || !strings.HasSuffix(doc, ".") || strings.Contains(doc, "|") {
			t.Errorf("%s is not explained: %q", name, doc)
		}
	}
}
