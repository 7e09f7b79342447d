// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"tillgang/internal/fault"
	"tillgang/internal/plain"
)

// Limits of a table.
const (
	MaxTable   = 50 << 20 // bytes
	maxLines   = 100_000
	maxColumns = 500
	maxCell    = 100_000 // bytes
)

// A cell that plain.Guard gave an apostrophe loses it when it comes in again, so
// that each cell comes back as it was.
var quoted = regexp.MustCompile(`^'+[=+\-@\t\r]`)

// guard makes a cell safe to open in a spreadsheet.
func guard(cell string) string { return plain.Guard(cell) }

// unguard is guard the other way.
func unguard(cell string) string {
	if quoted.MatchString(cell) {
		return cell[1:]
	}
	return cell
}

// join writes a list's values into one cell, with | between them; | and \ in a
// value get a \ in front.
func join(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.NewReplacer(`\`, `\\`, `|`, `\|`).Replace(v)
	}
	return strings.Join(out, "|")
}

// split is join the other way.
func split(cell string) []string {
	out, last, escaped := []string{}, strings.Builder{}, false
	for _, r := range cell {
		switch {
		case escaped:
			last.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '|':
			out = append(out, strings.TrimSpace(last.String()))
			last.Reset()
		default:
			last.WriteRune(r)
		}
	}
	return append(out, strings.TrimSpace(last.String()))
}

// column is what a table's column holds.
type column struct {
	head string // as written
	name string // a field's, or id, name, sha256, alt, alt_decision
	lang string // of what has languages
}

var columnForm = regexp.MustCompile(`^([a-z][a-z0-9_]*)(?:\[([A-Za-z0-9-]*)\])?$`)

// table reads rows one by one.
type table struct {
	r       *csv.Reader
	columns []column
	line    int
}

// readTable reads the first row, which names the columns.
func readTable(r io.Reader) (*table, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if bom, err := b.Peek(3); err == nil && string(bom) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	first, err := b.Peek(16 << 10)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	head, _, _ := strings.Cut(string(first), "\n")
	t := &table{r: csv.NewReader(b)}
	t.r.Comma = delimiter(head)
	t.r.FieldsPerRecord = -1
	t.r.ReuseRecord = false
	row, err := t.r.Read()
	if err != nil {
		return nil, t.broken(err)
	}
	t.line = 1
	if len(row) > maxColumns {
		return nil, wrongTable("A table has at most 500 columns.")
	}
	seen := map[string]bool{}
	for _, h := range row {
		c := column{head: strings.TrimSpace(h)}
		m := columnForm.FindStringSubmatch(c.head)
		if m == nil {
			return nil, wrongTable("The first row names the columns, such as id, credit or title[sv]. " + fmt.Sprintf("%q names none.", plain.Cut(strings.ToValidUTF8(c.head, "?"), 50)))
		}
		c.name, c.lang = m[1], m[2]
		if c.lang != "" {
			var ok bool
			if c.lang, ok = plain.Language(c.lang); !ok {
				return nil, wrongTable("A language in brackets is a tag such as sv or nb-NO; that of " + m[1] + " is none.")
			}
		}
		if seen[c.name+"["+c.lang] {
			return nil, wrongTable("The column " + m[0] + " stands there twice.")
		}
		seen[c.name+"["+c.lang] = true
		t.columns = append(t.columns, c)
	}
	return t, nil
}

// delimiter is what stands most often in the first row: a comma, a semicolon or a tab.
func delimiter(head string) rune {
	best, most := ',', strings.Count(head, ",")
	for _, r := range ";\t" {
		if n := strings.Count(head, string(r)); n > most {
			best, most = r, n
		}
	}
	return best
}

// next returns the cells of the next row and the line of the file it begins
// in; io.EOF at the end.
func (t *table) next() (line int, cells []string, err error) {
	row, err := t.r.Read()
	if errors.Is(err, io.EOF) {
		return 0, nil, io.EOF
	}
	if err != nil {
		return 0, nil, t.broken(err)
	}
	line, _ = t.r.FieldPos(0)
	if t.line++; t.line > maxLines+1 {
		return 0, nil, wrongTable("A table has at most 100,000 rows. Bring it in in several parts.")
	}
	cells = make([]string, len(t.columns))
	for i := range cells {
		if i < len(row) {
			if !utf8.ValidString(row[i]) {
				return 0, nil, wrongTable(fmt.Sprintf("Line %d is not UTF-8. Save the table as CSV in UTF-8.", line))
			}
			if len(row[i]) > maxCell {
				return 0, nil, wrongTable(fmt.Sprintf("A cell in line %d is too long.", line))
			}
			cells[i] = unguard(row[i])
		}
	}
	return line, cells, nil
}

// broken says where a table cannot be read.
func (*table) broken(err error) error {
	if p, is := errors.AsType[*csv.ParseError](err); is {
		return wrongTable(fmt.Sprintf("Line %d is not CSV: a quotation mark stands where it cannot. Nothing was changed.", p.Line))
	}
	if errors.Is(err, io.EOF) {
		return wrongTable("The table is empty. Its first row names the columns.")
	}
	return err
}

func wrongTable(text string) error { return fault.New(fault.Invalid, "import.table", text) }
