// SPDX-License-Identifier: Apache-2.0

// Package sqlcheck_test prepares every SQL constant of the house against the
// migrated schema, as the role the program works as, and holds each room to
// its own tables. A misspelt column, a wrong type, a missing right or a syntax
// error in any constant named sql… fails here, whether or not another test
// runs the query.
package sqlcheck_test

import (
	"context"
	"fmt"
	"go/constant"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"tillgang/internal/pg/pgtest"
)

// owners says which room writes which tables, in the order of the rooms. A
// room may also read (join) the tables of rooms before it.
var owners = []struct {
	room   string
	tables []string
}{
	{"pg", nil},
	{"access", []string{"tenant", "acl", "acl_entry"}},
	{"audit", []string{"audit_entry", "audit_head", "sighting", "egress_count"}},
	{"account", []string{"tenant", "account", "principal_group", "membership", "principal_closure", "role", "tenant_grant", "api_key", "session", "sign_in_link", "attempt", "contact"}},
	{"folder", []string{"folder", "folder_grant"}},
	{"asset", []string{"asset", "revision", "field_change", "field_registry", "field_def", "field_use", "taxonomy", "term", "field_template", "folder_rule", "account_template", "sensitive_text", "sensitive_judgement", "approval_step", "asset_merge"}},
	{"discussion", []string{"comment", "comment_text", "comment_mention"}},
	{"relation", []string{"relation"}},
	{"effect", nil},
	{"collection", []string{"collection", "collection_share", "collection_asset", "collection_merge"}},
	{"ingest", []string{"upload", "condemned_blob", "stand_in", "document_page"}},
	{"request", []string{"upload_request", "upload_request_terms", "upload_delivery", "upload_delivery_file"}},
	{"rendition", []string{"rendition", "likeness", "preset", "framing", "rendition_claim"}},
	{"link", []string{"link", "link_asset", "link_visit", "link_day", "link_answer", "link_choice"}},
	{"search", []string{"asset_search", "search_page", "search_value", "search_field", "search_window", "synonym"}},
	{"bulk", []string{"bulk_job", "bulk_item", "metadata_import", "metadata_import_line"}},
	{"delivery", []string{"ticket", "archive", "imprinted", "usage_report", "accepted_terms"}},
	{"work", nil},
	{"statistics", []string{"statistic_day", "statistic_state"}},
	{"notice", []string{"notice", "notice_mail", "notice_preference"}},
	{"queue", []string{"node", "river_job"}},
}

var (
	writes = regexp.MustCompile(`(?i)\b(?:insert into|update|delete from)\s+([a-z_]+)`)
	reads  = regexp.MustCompile(`(?i)\b(?:from|join)\s+([a-z_]+)`)
	named  = regexp.MustCompile(`@([a-z_][a-z0-9_]*)`)
	notOf  = regexp.MustCompile(`(?i)(on conflict[^;]*?do update set|for (no key )?update|is (not )?distinct from|extract\([a-z]+ from|substring\([^)]* from)`)
)

func owner(table string) (rank int, rooms []string) {
	rank = -1
	for i, o := range owners {
		if slices.Contains(o.tables, table) {
			if rank < 0 {
				rank = i
			}
			rooms = append(rooms, o.room)
		}
	}
	return rank, rooms
}

func TestEveryStatementPreparesAndKeepsToItsRoom(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn, err := db.Pool().Acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
	}, "tillgang/internal/...")
	if err != nil {
		t.Fatal(err)
	}
	prepared := 0
	for _, p := range pkgs {
		for _, e := range p.Errors {
			t.Fatalf("%s does not compile: %v", p.PkgPath, e)
		}
		for ident, obj := range p.TypesInfo.Defs {
			c, ok := obj.(*types.Const)
			if !ok || !strings.HasPrefix(c.Name(), "sql") || c.Val().Kind() != constant.String {
				continue
			}
			at := p.Fset.Position(ident.Pos())
			if strings.HasSuffix(at.Filename, "_test.go") || isFragment(c.Name()) {
				continue
			}
			text := constant.StringVal(c.Val())
			where := fmt.Sprintf("%s:%d: %s", path.Base(at.Filename), at.Line, c.Name())
			number := map[string]string{}
			sql := named.ReplaceAllStringFunc(text, func(m string) string {
				if number[m] == "" {
					number[m] = fmt.Sprintf("$%d", len(number)+1)
				}
				return number[m]
			})
			if _, err := conn.Conn().Prepare(t.Context(), "", sql); err != nil {
				t.Errorf("%s/%s: %v", p.PkgPath, where, err)
				continue
			}
			prepared++
			tables(t, path.Base(strings.TrimSuffix(p.PkgPath, "_test")), p.PkgPath+"/"+where, text)
		}
	}
	if prepared < 100 {
		t.Errorf("only %d statements were found: does the law still look in the right place?", prepared)
	}
	t.Logf("%d statements", prepared)
}

// isFragment reports whether the constant is a part that others are built from
// ("sqlCanOpen", "sqlColumns"): it is prepared as part of them.
func isFragment(name string) bool {
	for _, part := range []string{"Columns", "Open", "Middle", "Close", "Head", "Tail", "Fragment", "Part"} {
		if strings.HasSuffix(name, part) {
			return true
		}
	}
	return false
}

func tables(t *testing.T, room, where, text string) {
	t.Helper()
	mine := slices.IndexFunc(owners, func(o struct {
		room   string
		tables []string
	},
	) bool {
		return o.room == room
	})
	text = notOf.ReplaceAllString(text, " ")
	for _, m := range writes.FindAllStringSubmatch(text, -1) {
		if _, rooms := owner(m[1]); len(rooms) > 0 && !slices.Contains(rooms, room) {
			t.Errorf("%s: room %s writes %s, which is %s's", where, room, m[1], strings.Join(rooms, " and "))
		}
	}
	for _, m := range reads.FindAllStringSubmatch(text, -1) {
		if at, rooms := owner(m[1]); at > mine && !slices.Contains(rooms, room) {
			t.Errorf("%s: room %s reads %s of %s, which comes later", where, room, m[1], strings.Join(rooms, " and "))
		}
	}
}
