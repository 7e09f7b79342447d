// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Limits of completion.
const (
	maxCompleted = 20
	maxLooked    = 600 // values looked at, over all acls
)

// Completion is a value that a beginning can go on to.
type Completion struct {
	Field string // keywords, persons, creator, city, country; "" for a name of a key or a field
	Value string
}

// completed are the fields whose values are remembered for completion.
var completed = []string{"keywords", "persons", "creator", "city", "country"}

// sqlComplete reads values in use under acls that the asker sees. An acl that
// lags behind its folder is not asked: what lies there may have moved.
const sqlComplete = `
	select v.field, v.value, v.n from search_value v
	where v.tenant_id = @tenant and v.key >= @from and v.key < @before and v.field = any(@fields::text[]) and v.acl_id = any(@acls::bigint[])
	order by v.key limit @n`

// Complete lists up to 20 keywords in use that begin with prefix, whatever its
// capitals and marks, the most used first, of the assets that who may see.
func (s *Service) Complete(ctx context.Context, who access.Actor, prefix string) ([]string, error) {
	list, err := s.complete(ctx, who, prefix, []string{"keywords"})
	out := []string{}
	for _, c := range list {
		out = append(out, c.Value)
	}
	return out, err
}

// CompleteAll is Complete for keywords, people, creators and places, and for
// the names of keys and fields.
func (s *Service) CompleteAll(ctx context.Context, who access.Actor, prefix string) ([]Completion, error) {
	list, err := s.complete(ctx, who, prefix, completed)
	if err != nil {
		return nil, err
	}
	var keys []Completion
	for k := range keyNames {
		if strings.HasPrefix(k, strings.ToLower(prefix)) {
			keys = append(keys, Completion{Value: k + ":"})
		}
	}
	for _, d := range asset.Defs() {
		if strings.HasPrefix(d.Name, strings.ToLower(prefix)) && keyNames[d.Name] == "" {
			keys = append(keys, Completion{Value: d.Name + ":"})
		}
	}
	slices.SortFunc(keys, func(a, b Completion) int { return cmp.Compare(a.Value, b.Value) })
	return append(list, keys[:min(len(keys), 5)]...), nil
}

func (s *Service) complete(ctx context.Context, who access.Actor, prefix string, fields []string) ([]Completion, error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	prefix = keyword(strings.ToValidUTF8(strings.ReplaceAll(prefix, "\x00", ""), ""))
	if n := utf8.RuneCountInString(prefix); n == 0 || n > maxKeyword {
		return nil, fault.Fields("search.prefix", "Give 1 to 100 characters that the keyword begins with.", map[string]string{"prefix": "1 to 100 characters"})
	}
	starts := append([]string{prefix, "~" + prefix}, folded(fold(prefix))...)
	type value struct {
		Completion
		n int
	}
	found := map[[2]string]*value{}
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		var acls, editable []int64
		b := &pgx.Batch{}
		access.QueueVisible(b, who, access.View, access.View|access.Edit, &acls, &editable)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		b = &pgx.Batch{}
		for _, start := range starts {
			b.Queue(sqlComplete, pgx.StrictNamedArgs{"tenant": who.Tenant, "from": start, "before": start + "\U0010ffff", "fields": fields, "acls": acls, "n": maxLooked}).Query(func(rows pgx.Rows) error {
				var v value
				_, err := pgx.ForEachRow(rows, []any{&v.Field, &v.Value, &v.n}, func() error {
					at := [2]string{v.Field, keyword(v.Value)}
					if was := found[at]; was != nil {
						was.n += v.n
						return nil
					}
					one := v
					found[at] = &one
					return nil
				})
				return err
			})
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return nil, fmt.Errorf("complete: %w", err)
	}
	list := make([]*value, 0, len(found))
	for _, v := range found {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *value) int {
		return cmp.Or(b.n-a.n, cmp.Compare(a.Value, b.Value), cmp.Compare(a.Field, b.Field))
	})
	out := []Completion{}
	for _, v := range list[:min(len(list), maxCompleted)] {
		out = append(out, v.Completion)
	}
	return out, nil
}

// folded marks keys in plain letters, which stand beside those as written.
func folded(keys []string) []string {
	out := make([]string, 0, 2*len(keys))
	for _, k := range keys {
		out = append(out, k, "~"+k)
	}
	return out
}

const sqlRemember = `
	insert into search_value (tenant_id, acl_id, field, key, value)
	select distinct on (v.acl_id, v.field, v.key) @tenant, v.acl_id, v.field, v.key, v.value
	from unnest(@acls::bigint[], @fields::text[], @keys::text[], @values::text[]) v(acl_id, field, key, value)
	order by v.acl_id, v.field, v.key
	on conflict do nothing`

const sqlRememberFields = `
	insert into search_field (tenant_id, name) select distinct @tenant::uuid, n from unnest(@names::text[]) n order by n
	on conflict do nothing`

// values are what an asset adds to completion.
type values struct {
	acls                 []int64
	fields, keys, values []string
	names                []string
}

func (v *values) add(a asset.Asset) {
	for name, f := range a.Fields {
		v.names = append(v.names, name)
		if !slices.Contains(completed, name) || name == "persons" && f.Source != asset.FromPerson ||
			a.State == asset.Quarantined || a.EmbargoUntil != nil || a.ExpiresAt != nil { // not everybody may see it who may see the folder
			continue
		}
		for _, one := range append(slices.Clone(f.Values), f.Value) {
			one = short(one)
			key := keyword(one)
			if key == "" {
				continue
			}
			for _, k := range append([]string{key}, plainKeys(key)...) {
				v.acls, v.fields, v.keys, v.values = append(v.acls, a.ACL), append(v.fields, name), append(v.keys, k), append(v.values, one)
			}
		}
	}
}

func plainKeys(key string) []string {
	var out []string
	for _, f := range fold(key) {
		out = append(out, "~"+f)
	}
	return out
}

func (v *values) queue(b *pgx.Batch, tenant id.Tenant) {
	if len(v.keys) > 0 {
		b.Queue(sqlRemember, pgx.StrictNamedArgs{"tenant": tenant, "acls": v.acls, "fields": v.fields, "keys": v.keys, "values": v.values})
	}
	if len(v.names) > 0 {
		b.Queue(sqlRememberFields, pgx.StrictNamedArgs{"tenant": tenant, "names": v.names})
	}
}
