// SPDX-License-Identifier: Apache-2.0

package search

import (
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
)

// made is a condition on an asset as the database is asked for it: lexemes for
// the index of words, SQL made of constants, or both, which must both hold.
type made struct {
	first, wide string // tsquery: what is written and its stems; with folded forms
	positive    bool   // wants some lexeme, so that the index of words leads to hits
	sql         string // on columns of a; its values are arguments
}

// maker turns clauses into conditions.
type maker struct {
	who     access.Actor
	now     time.Time
	stems   map[string][]string
	syn     map[string][]term
	folders map[string][]id.Folder // by the name as asked for
	filed   bool                   // what is archived is asked for
	args    pgx.StrictNamedArgs
}

// bind makes a value an argument and returns how it is called.
func (m *maker) bind(v any) string {
	name := "q" + strconv.Itoa(len(m.args))
	m.args[name] = v
	return "@" + name
}

// all joins conditions that must all hold.
func all(list []made) (out made) {
	var first, wide, sql []string
	for _, c := range list {
		if c.wide != "" {
			first, wide = append(first, c.first), append(wide, c.wide)
		}
		if c.sql != "" {
			sql = append(sql, c.sql)
		}
		out.positive = out.positive || c.positive
	}
	out.first, out.wide, out.sql = strings.Join(first, " & "), strings.Join(wide, " & "), strings.Join(sql, " and ")
	return out
}

// oneOf joins conditions of which one must hold.
func (m *maker) oneOf(list []made) made {
	if len(list) == 1 {
		return list[0]
	}
	var first, wide, sql []string
	positive, mixed := true, false
	for _, c := range list {
		mixed = mixed || c.sql != ""
		positive = positive && c.positive
	}
	for _, c := range list {
		if mixed {
			sql = append(sql, m.whole(c))
			continue
		}
		first, wide = append(first, c.first), append(wide, c.wide)
	}
	if mixed {
		return made{sql: "(" + strings.Join(sql, " or ") + ")"}
	}
	return made{first: "(" + strings.Join(first, " | ") + ")", wide: "(" + strings.Join(wide, " | ") + ")", positive: positive}
}

// none is that a condition does not hold. Whoever wants none of a word means
// it as it is written, not its folded forms.
func (m *maker) none(c made) made {
	if c.sql == "" {
		no := "!(" + c.first + ")"
		return made{first: no, wide: no}
	}
	return made{sql: "not " + m.whole(c)}
}

// whole writes a condition in SQL alone.
func (m *maker) whole(c made) string {
	var parts []string
	if c.wide != "" {
		parts = append(parts, "a.words @@ "+m.bind(c.wide)+"::tsquery")
	}
	if c.sql != "" {
		parts = append(parts, c.sql)
	}
	return "coalesce((" + strings.Join(parts, " and ") + "), false)"
}

// query turns a query's clauses into one condition.
func (m *maker) query(clauses []clause) (made, error) {
	list := make([]made, 0, len(clauses))
	for _, c := range clauses {
		var alternatives []made
		for _, a := range c.any {
			one, err := m.atom(a)
			if err != nil {
				return made{}, err
			}
			if a.not {
				one = m.none(one)
			}
			alternatives = append(alternatives, one)
		}
		one := m.oneOf(alternatives)
		if c.not {
			one = m.none(one)
		}
		list = append(list, one)
	}
	return all(list), nil
}

func (m *maker) atom(a atom) (made, error) {
	switch key := keyNames[a.key]; key {
	case "":
		if a.key != "" { // a field by its own name
			return m.field(a, a.key)
		}
		return m.text(a.term, ""), nil
	case "title", "description", "alt", "name":
		return m.valueText(a, keyWeights[key])
	case "text":
		c, err := m.valueText(a, "")
		if err == nil {
			c.sql = "a.document @@ " + m.bind(c.wide) + "::tsquery"
		}
		return c, err
	case "tag":
		return tag(a)
	case "person", "creator", "city", "country":
		return m.field(a, keyFields[key])
	case "has":
		return m.has(a), nil
	case "no":
		return m.none(m.has(a)), nil
	case "is":
		return m.is(a)
	case "owner":
		return m.owner(a)
	case "expires":
		return m.expires(a)
	case "sensitive":
		return m.sensitive(a)
	default:
		return m.column(a, key)
	}
}

// text wants the words of a term, or those of one of its synonyms.
func (m *maker) text(t term, weight string) made {
	list := []made{m.one(t, weight)}
	if !t.exact && !t.prefix {
		for _, s := range m.syn[strings.Join(t.words, " ")] {
			list = append(list, m.one(s, weight))
		}
	}
	return m.oneOf(list)
}

func (m *maker) one(t term, weight string) made {
	return made{first: ask1(t, m.stems, false, weight), wide: ask1(t, m.stems, true, weight), positive: true}
}

// valueTerm reads the value of a key as words.
func (a atom) valueTerm() (term, error) {
	t := plainTerm(a.value)
	if a.quoted {
		t.exact, t.prefix = true, false
	}
	if len(t.words) == 0 {
		return t, a.wrong("write a word, or several in quotes")
	}
	return t, nil
}

func (m *maker) valueText(a atom, weight string) (made, error) {
	t, err := a.valueTerm()
	if err != nil {
		return made{}, err
	}
	return m.text(t, weight), nil
}

// tag wants a whole keyword, or one that begins so.
func tag(a atom) (made, error) {
	value, prefix := a.value, false
	if !a.quoted {
		value, prefix = strings.CutSuffix(value, "*")
	}
	k := keyword(strings.ReplaceAll(value, "\x00", " "))
	if k == "" || len([]rune(k)) > maxKeyword || prefix && len([]rune(k)) < 2 {
		return made{}, a.wrong("write a keyword of 1 to 100 characters, or at least two and a star")
	}
	star := ""
	if prefix {
		star = ":*"
	}
	first := quoted("#"+k) + star
	wide := []string{first, quoted("#~"+k) + star}
	for _, f := range fold(k) {
		wide = append(wide, quoted("#"+f)+star, quoted("#~"+f)+star)
	}
	return made{first: "(" + first + ")", wide: "(" + strings.Join(wide, " | ") + ")", positive: true}, nil
}

// field wants words in one field. A span of numbers or dates is compared.
func (m *maker) field(a atom, name string) (made, error) {
	if e := span(a.value); !e.single && !a.quoted {
		return m.between(a, name, [2]string{e.from, e.to}, [2]bool{e.over, e.under})
	}
	t, err := a.valueTerm()
	if err != nil {
		return made{}, err
	}
	var in []string
	for i, w := range t.words {
		star := ""
		if t.prefix && i == len(t.words)-1 {
			star = ":*"
		}
		var of []string
		for _, f := range append([]string{w}, fold(w)...) {
			of = append(of, quoted("="+name+"="+f)+star)
		}
		in = append(in, "("+strings.Join(of, " | ")+")")
	}
	lexemes := strings.Join(in, " & ")
	if len(t.words) == 1 {
		return made{first: "(" + lexemes + ")", wide: "(" + lexemes + ")", positive: true}, nil
	}
	t.exact = true
	row := m.one(t, "")
	return made{first: "(" + lexemes + " & " + row.first + ")", wide: "(" + lexemes + " & " + row.wide + ")", positive: true}, nil
}

// numeric is how a field's value is compared as a number.
const numeric = `case when t.fields->%f->>'value' ~ '^-?[0-9]{1,15}([.][0-9]{1,10})?$' then (t.fields->%f->>'value')::numeric end`

// between compares a field's value, as a number if the ends are numbers, else
// as a date or another text whose order is that of its letters.
func (m *maker) between(a atom, name string, ends [2]string, open [2]bool) (made, error) {
	field := m.bind(name) + "::text"
	value, cast := `(t.fields->`+field+`->>'value')`, "::text"
	number := true
	for _, e := range ends {
		if e != "" {
			_, err := strconv.ParseFloat(e, 64)
			_, _, date := days(e)
			number = number && err == nil && len(e) <= 15 && !strings.ContainsAny(e, "eExXnNiI_") && (!date || len(e) == 4)
		}
	}
	if number {
		value, cast = strings.ReplaceAll(numeric, "%f", field), "::numeric"
	} else {
		value += ` collate "C"`
	}
	var conds []string
	for i, e := range ends {
		if e == "" {
			continue
		}
		if strings.ContainsRune(e, 0) || len(e) > 100 {
			return made{}, a.wrong("write a number or a date, such as 10..20 or 2024-05..")
		}
		sign := []string{" >= ", " <= "}[i]
		if open[i] {
			sign = []string{" > ", " < "}[i]
		}
		if i == 1 && !number && !open[i] {
			e += "\uffff" // the whole year or month
		}
		var v any = e
		if number {
			v = ends[i]
			conds = append(conds, "("+value+")"+sign+"("+m.bind(v)+"::text)"+cast)
			continue
		}
		conds = append(conds, value+sign+m.bind(v)+cast)
	}
	if len(conds) == 0 {
		return made{}, a.wrong("write one end at least, such as 10.. or ..20")
	}
	has := quoted("?" + name)
	return made{first: has, wide: has, positive: true, sql: "exists (select from asset t where t.id = a.asset_id and " + strings.Join(conds, " and ") + ")"}, nil
}

// has wants that the asset has something.
func (m *maker) has(a atom) made {
	name := strings.ToLower(strings.TrimSpace(a.value))
	if n := hasNames[name]; n != "" {
		name = n
	}
	switch name {
	case "expiry":
		return made{sql: "(a.expires_at is not null)"}
	case "embargo":
		return made{sql: "(a.embargo_until is not null)"}
	case "captured_on":
		return made{sql: "(a.captured_on is not null)"}
	case "text":
		return made{sql: "(a.document is not null)"}
	}
	if r := []rune(strings.ReplaceAll(name, "\x00", "")); len(r) > 64 {
		name = string(r[:64])
	}
	lexeme := quoted("?" + strings.ReplaceAll(name, "\x00", ""))
	return made{first: lexeme, wide: lexeme, positive: true}
}

func (m *maker) sensitive(a atom) (made, error) {
	lexeme := quoted("?sensitive")
	yes := made{first: lexeme, wide: lexeme, positive: true}
	switch yesNames[strings.ToLower(a.value)] {
	case "yes":
		return yes, nil
	case "no":
		return m.none(yes), nil
	}
	return made{}, a.wrong("write yes or no")
}
