// SPDX-License-Identifier: Apache-2.0

package search

import (
	"encoding/hex"
	"strings"
)

// oneColumn are the columns that spans of numbers are compared with.
var oneColumn = map[string]struct {
	column string
	units  map[string]float64
	hint   string
}{
	"size":     {"a.size", sizeUnits, "write a size such as >5mb or 1mb..20mb"},
	"width":    {"a.width", pixelUnits, "write pixels such as >1920 or 800..1200"},
	"height":   {"a.height", pixelUnits, "write pixels such as >1080 or 600..900"},
	"duration": {"a.duration_ms", timeUnits, "write a time such as >30s or 1min..5min"},
}

func (m *maker) column(a atom, key string) (made, error) {
	value := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(a.value, "\x00", "")))
	switch key {
	case "kind":
		if k := kindNames[value]; k != "" {
			return made{sql: "(a.kind = " + m.bind(k) + ")"}, nil
		}
		return made{}, a.wrong("write image, video, audio, document, archive, font or other")
	case "type":
		return m.mediaType(a, value)
	case "state":
		return m.state(a, value)
	case "approval":
		return m.approval(a, value)
	case "by":
		if meNames[value] != "" {
			return made{sql: "(a.created_by = " + m.bind(m.who.ID) + ")"}, nil
		}
		if strings.HasPrefix(value, "acc_") || strings.HasPrefix(value, "key_") {
			return made{sql: "(a.created_by = " + m.bind(value) + ")"}, nil
		}
		return made{}, a.wrong("write me, or the identifier of an account or a key")
	case "taken":
		from, before, ok := period(value)
		if !ok {
			return made{}, a.wrong("write a date such as 2024, 2024-05, 2024-05-31, 2023..2024 or 2024-06..")
		}
		const column = "coalesce(a.captured_on, date '0001-01-01')"
		parts := []string{column + " > date '0001-01-01'"}
		if !from.IsZero() {
			parts = []string{column + " >= " + m.bind(from) + "::date"}
		}
		if !before.IsZero() {
			parts = append(parts, column+" < "+m.bind(before)+"::date")
		}
		return made{sql: "(" + strings.Join(parts, " and ") + ")"}, nil
	case "uploaded":
		from, before, ok := period(value)
		if !ok {
			return made{}, a.wrong("write a date such as 2024, 2024-05, 2024-05-31, 2023..2024 or 2024-06..")
		}
		var parts []string
		if !from.IsZero() {
			parts = append(parts, "a.created_at >= "+m.bind(from)+"::timestamptz")
		}
		if !before.IsZero() {
			parts = append(parts, "a.created_at < "+m.bind(before)+"::timestamptz")
		}
		return made{sql: "(" + strings.Join(parts, " and ") + ")"}, nil
	case "folder":
		return made{sql: "(a.folder_id = any(" + m.bind(m.folders[folderName(a.value)]) + "::uuid[]))"}, nil
	case "sha256":
		sum, err := hex.DecodeString(value)
		if err != nil || len(sum) != 32 {
			return made{}, a.wrong("write all 64 characters of the sum")
		}
		return made{sql: "(a.asset_id in (select t.id from asset t where t.tenant_id = " + m.bind(m.who.Tenant) + " and t.sha256 = " + m.bind(sum) + "))"}, nil
	}
	of := oneColumn[key]
	from, to, ok := amounts(value, of.units)
	if !ok {
		return made{}, a.wrong(of.hint)
	}
	var parts []string
	if from != nil {
		parts = append(parts, of.column+" >= "+m.bind(*from)+"::bigint")
	}
	if to != nil {
		parts = append(parts, of.column+" <= "+m.bind(*to)+"::bigint")
	}
	return made{sql: "(" + strings.Join(parts, " and ") + ")"}, nil
}

// mediaType wants a kind, a media type or the ending of the file's name.
func (m *maker) mediaType(a atom, value string) (made, error) {
	if k := kindNames[value]; k != "" {
		return made{sql: "(a.kind = " + m.bind(k) + ")"}, nil
	}
	value = strings.TrimPrefix(strings.TrimPrefix(value, "*"), ".")
	if value == "" || len([]rune(value)) > 100 {
		return made{}, a.wrong("write a kind such as image, an ending such as pdf, or a media type such as image/png")
	}
	lexeme := quoted("=type=" + value)
	return made{first: lexeme, wide: lexeme, positive: true}, nil
}

func (m *maker) state(a atom, value string) (made, error) {
	switch s := stateNames[value]; s {
	case "":
		return made{}, a.wrong("write ready, preparing, failed, quarantined, expired or embargoed")
	case "expired":
		return made{sql: "(a.expires_at <= " + m.bind(m.now) + "::timestamptz)"}, nil
	case "embargoed":
		return made{sql: "(a.embargo_until > " + m.bind(m.now) + "::timestamptz)"}, nil
	default:
		return made{sql: "(a.state = " + m.bind(s) + ")"}, nil
	}
}

// approval wants an approval state. What is archived is in lists that ask for it.
func (m *maker) approval(a atom, value string) (made, error) {
	switch s := approvalNames[value]; s {
	case "":
		return made{}, a.wrong("write draft, review, approved, published, expired or archived")
	case "expired":
		return made{sql: "(a.expires_at <= " + m.bind(m.now) + "::timestamptz and a.approval in ('approved', 'published'))"}, nil
	case "approved":
		return made{sql: "(a.approval = 'approved')"}, nil
	default:
		m.filed = m.filed || s == "archived"
		return made{sql: "(a.approval <> 'approved' and a.approval = " + m.bind(s) + ")"}, nil // by an index of those that are not simply approved
	}
}
