// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// figure is one number in a part's tables, and what it should be.
type figure struct {
	name        string
	row, second string // what the row's first cell has in it, and its second one begins with
	column      string // the heading
	sign        string // "≤", "≥" or ">"
	budget      float64
	unit        string
}

// ours stands for the budget "more than our own figure in the same column".
const ours = -1

// table is one Markdown table: its headings and its rows.
type table struct {
	heads []string
	rows  [][]string
}

// tables reads the Markdown tables in a text.
func tables(text string) (list []table) {
	var now *table
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			now = nil
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case now == nil:
			list = append(list, table{heads: cells})
			now = &list[len(list)-1]
		case strings.Trim(line, "|-: ") != "":
			now.rows = append(now.rows, cells)
		}
	}
	return list
}

var number = regexp.MustCompile(`^-?\d+(\.\d+)?`)

// find returns the number at the beginning of a cell.
func find(list []table, row, second, column string) (float64, bool) {
	for _, t := range list {
		for _, cells := range t.rows {
			if !strings.Contains(cells[0], row) || second != "" && (len(cells) < 2 || !strings.HasPrefix(cells[1], second)) {
				continue
			}
			for i, head := range t.heads {
				if head == column && i < len(cells) {
					n, err := strconv.ParseFloat(number.FindString(cells[i]), 64)
					return n, err == nil
				}
			}
		}
	}
	return 0, false
}

// line is the figure's line in the table of budgets.
func (f figure) line(list []table) string {
	budget := f.budget
	if budget == ours {
		budget, _ = find(list, "tillgang-vips", "", f.column)
	}
	unit := ""
	if f.unit != "" {
		unit = " " + f.unit
	}
	want := fmt.Sprintf("%s %s%s", f.sign, strconv.FormatFloat(budget, 'g', 4, 64), unit)
	n, ok := find(list, f.row, f.second, f.column)
	if !ok {
		return fmt.Sprintf("| %s | not measured | %s | |\n", f.name, want)
	}
	met := map[string]bool{"≤": n <= budget, "≥": n >= budget, ">": n > budget}[f.sign]
	said := "met"
	if !met {
		said = "**missed**"
	}
	return fmt.Sprintf("| %s | %s%s | %s | %s |\n", f.name, strconv.FormatFloat(n, 'g', 4, 64), unit, want, said)
}
