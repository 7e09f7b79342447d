// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestFiguresAreReadFromTheTablesAndHeldAgainstTheirBudgets(t *testing.T) {
	t.Parallel()
	list := tables("Text.\n\n| query | who | p99 |\n|---|---|--:|\n| newest 60 | none | 1.0 |\n| newest 60 | ordinary (4) | 7.5 |\n\nMore.\n\n| | CPU ratio |\n|---|---|\n| **tillgang-vips**, all | 1.04 [1.0–1.1] |\n| sharp | 1.9 [1–2] |\n| slow | none |\n")
	for want, f := range map[string]figure{
		"| a | 7.5 ms | ≤ 10 ms | met |\n":       {"a", "newest 60", "ordinary", "p99", "≤", 10, "ms"},
		"| b | 7.5 ms | ≤ 7 ms | **missed** |\n": {"b", "newest 60", "ordinary", "p99", "≤", 7, "ms"},
		"| c | 1.9 | > 1.04 | met |\n":           {"c", "sharp", "", "CPU ratio", ">", ours, ""},
		"| d | 1.04 | ≥ 1.1 | **missed** |\n":    {"d", "tillgang-vips", "", "CPU ratio", "≥", 1.1, ""},
		"| e | not measured | ≤ 3 s | |\n":       {"e", "nowhere", "", "p99", "≤", 3, "s"},
		"| f | not measured | ≤ 3 s | |\n":       {"f", "slow", "", "CPU ratio", "≤", 3, "s"},
		"| g | not measured | ≤ 3 s | |\n":       {"g", "sharp", "", "p99", "≤", 3, "s"},
	} {
		if got := f.line(list); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestASectionIsTakenFromThePageAsItIs(t *testing.T) {
	t.Parallel()
	page := "# Benchmarks\n\n## Budgets\n\n| a |\n\n## Uploads\n\n*When.*\n\n| b |\n\n## Start and idle memory\n\nlast\n"
	for title, want := range map[string]string{"Uploads": "*When.*\n\n| b |", "Start and idle memory": "last", "Start": ""} {
		if got := section(page, title); got != want {
			t.Errorf("%s: %q, want %q", title, got, want)
		}
	}
}
