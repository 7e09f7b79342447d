// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/nationalid"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Counts says how many different national identity numbers of each kind there
// are somewhere. The numbers themselves are never kept.
type Counts = map[nationalid.Kind]int

// Sensitivity is what was found of national identity numbers in an asset.
type Sensitivity struct {
	Asset        id.Asset   `db:"id"`
	Raised       []string   `db:"sensitive"`     // kinds that nobody has judged yet
	InText       Counts     `db:"in_text"`       // in the active revision's text
	JudgedText   Counts     `db:"judged_text"`   // of these, how many somebody knew of who said that they may stand there
	JudgedFields Counts     `db:"judged_fields"` // and of those in the fields
	Reason       string     `db:"reason"`        // what they said; empty when nobody did
	JudgedBy     string     `db:"judged_by"`
	JudgedAt     *time.Time `db:"judged_at"`
	InFields     Counts     `db:"-"` // in the fields, the alt texts and the file's name

	Fields map[string]Field `db:"fields"`
	Alt    map[string]Alt   `db:"alt"`
	Name   string           `db:"name"`
}

const sqlSensitivity = `
	select a.id, a.sensitive, a.fields, a.alt, a.name, coalesce(t.counts, '{}') as in_text,
		coalesce(case when j.revision_id = a.revision_id then j.in_text end, '{}') as judged_text, coalesce(j.in_fields, '{}') as judged_fields,
		coalesce(j.reason, '') as reason, coalesce(j.judged_by, '') as judged_by, j.judged_at
	from asset a
	left join sensitive_text t on t.revision_id = a.revision_id
	left join lateral (
		select s.revision_id, s.in_text, s.in_fields, s.reason, s.judged_by, s.judged_at
		from sensitive_judgement s where s.asset_id = a.id order by s.judged_at desc, s.id desc limit 1) j on true
	where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant
	order by a.id`

// sensitivities reads what is known of assets and looks through their fields.
func sensitivities(ctx context.Context, tx pg.Tx, who access.Actor, ids ...id.Asset) ([]Sensitivity, error) {
	keys := make([]uuid.UUID, len(ids))
	for i, a := range ids {
		keys[i] = a.UUID()
	}
	rows, err := tx.Query(ctx, sqlSensitivity, pgx.StrictNamedArgs{"ids": keys, "tenant": who.Tenant})
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Sensitivity])
	for i := range list {
		list[i].InFields = inFields(list[i].Name, list[i].Fields, list[i].Alt)
	}
	return list, err
}

// inFields counts the numbers in all that is written about an asset.
func inFields(name string, fields map[string]Field, alt map[string]Alt) Counts {
	var f nationalid.Finder
	f.Add(name)
	for _, field := range fields {
		f.Add(field.Value)
		for _, v := range field.Values {
			f.Add(v)
		}
		for _, v := range field.Lang {
			f.Add(v)
		}
	}
	for _, a := range alt {
		f.Add(a.Text)
	}
	return f.Counts()
}

// raise lists the kinds of which there is more than somebody has judged.
func (s Sensitivity) raise() []string {
	out := []string{}
	for _, counts := range []struct{ found, judged Counts }{{s.InText, s.JudgedText}, {s.InFields, s.JudgedFields}} {
		for kind, n := range counts.found {
			if n > counts.judged[kind] && !slices.Contains(out, string(kind)) {
				out = append(out, string(kind))
			}
		}
	}
	slices.Sort(out)
	return out
}

// kinds lists all kinds that were found, judged or not.
func (s Sensitivity) kinds() []string {
	all := map[string]bool{}
	for _, counts := range []Counts{s.InText, s.InFields} {
		for kind := range counts {
			all[string(kind)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

const sqlSense = `update asset set sensitive = @kinds where id = @id and tenant_id = @tenant`

// sense labels assets whose fields, revision or text are new, or takes the
// label off. Call it in the transaction of the change, before it is announced.
// A label that was not there before is a deed of the machine.
func (s *Service) sense(ctx context.Context, tx pg.Tx, who access.Actor, ids ...id.Asset) error {
	list, err := sensitivities(ctx, tx, who, ids...)
	if err != nil {
		return err
	}
	for _, one := range list {
		now := one.raise()
		if slices.Equal(now, one.Raised) {
			continue
		}
		if _, err := tx.Exec(ctx, sqlSense, pgx.StrictNamedArgs{"id": one.Asset, "tenant": who.Tenant, "kinds": now}); err != nil {
			return err
		}
		if !slices.ContainsFunc(now, func(kind string) bool { return !slices.Contains(one.Raised, kind) }) {
			continue // fewer than before
		}
		err := audit.Record(ctx, tx, audit.Entry{
			At: s.now(), Who: access.HouseActor(who.Tenant, part), Verb: "asset.sensitive", Subject: one.Asset.String(),
			Detail: map[string]any{"kinds": now, "in_text": one.InText, "in_fields": one.InFields},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const sqlForgetCounts = `delete from sensitive_text where revision_id = @revision and tenant_id = @tenant`

const sqlKeepCounts = `
	insert into sensitive_text (revision_id, tenant_id, counts) values (@revision, @tenant, @counts)
	on conflict (revision_id) do update set counts = excluded.counts`

// SensitiveTextTx keeps how many national identity numbers the text of a
// revision holds, and labels the asset. Only the house reads texts. What
// follows in the transaction announces it.
func (s *Service) SensitiveTextTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, revision id.Revision, counts Counts) error {
	if who.Kind != access.House {
		return access.NotFound("asset")
	}
	args := pgx.StrictNamedArgs{"revision": revision, "tenant": who.Tenant}
	if len(counts) == 0 {
		if _, err := tx.Exec(ctx, sqlForgetCounts, args); err != nil {
			return err
		}
	} else {
		args["counts"] = counts
		if _, err := tx.Exec(ctx, sqlKeepCounts, args); err != nil {
			return err
		}
	}
	return s.sense(ctx, tx, who, asset)
}

// Sensitivity says what was found of national identity numbers in an asset
// that who may see.
func (s *Service) Sensitivity(ctx context.Context, who access.Actor, asset id.Asset) (found Sensitivity, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := s.GetTx(ctx, tx, who, asset); err != nil {
			return err
		}
		found, err = sensitivityOf(ctx, tx, who, asset)
		return err
	})
	return found, err
}

func sensitivityOf(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Sensitivity, error) {
	list, err := sensitivities(ctx, tx, who, asset)
	if err == nil && len(list) != 1 {
		err = errors.New("asset: sensitivity of an asset that is not there")
	}
	if err != nil {
		return Sensitivity{}, err
	}
	return list[0], nil
}

const sqlJudge = `
	insert into sensitive_judgement (id, tenant_id, asset_id, revision_id, in_text, in_fields, reason, judged_by, judged_at)
	values (gen_random_uuid(), @tenant, @asset, @revision, @in_text, @in_fields, @reason, @by, @now)`

// maxReason is how long a reason may be, in code points.
const maxReason = 500

// Judge takes the label of national identity numbers off an asset, with a
// reason that is kept, which takes Edit. It comes back when there are more.
func (s *Service) Judge(ctx context.Context, who access.Actor, asset id.Asset, reason string) (found Sensitivity, err error) {
	reason, ok := plain.Line(reason)
	if !ok || reason == "" || utf8.RuneCountInString(reason) > maxReason {
		return found, fault.Fields("sensitive.reason", "Say in a sentence why the numbers may stand there.", map[string]string{"reason": "from 1 to 500 characters"})
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.judge", Subject: asset.String()}
		a, err := s.hold(ctx, tx, who, asset, access.Edit)
		if err != nil {
			return e, err
		}
		if found, err = sensitivityOf(ctx, tx, who, asset); err != nil {
			return e, err
		}
		if len(found.kinds()) == 0 {
			return e, fault.New(fault.Conflict, "sensitive.none", "No national identity numbers were found in this asset.")
		}
		e.Detail = map[string]any{"kinds": found.kinds()}
		if _, err := tx.Exec(ctx, sqlJudge, pgx.StrictNamedArgs{
			"tenant": who.Tenant, "asset": asset, "revision": a.Revision, "in_text": orNone(found.InText), "in_fields": orNone(found.InFields),
			"reason": reason, "by": who.ID, "now": s.now(),
		}); err != nil {
			return e, err
		}
		if err := s.sense(ctx, tx, who, asset); err != nil {
			return e, err
		}
		if _, err := s.changed(ctx, tx, who, asset); err != nil {
			return e, err
		}
		found, err = sensitivityOf(ctx, tx, who, asset)
		return e, err
	})
	return found, err
}

// orNone makes an empty object of no counts.
func orNone(c Counts) Counts {
	if c == nil {
		return Counts{}
	}
	return c
}
