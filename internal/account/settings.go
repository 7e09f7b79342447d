// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
	"tillgang/internal/secret"
)

// Languages of the product, the default first.
var Languages = []string{"sv", "nb", "da", "fi", "en"}

// Settings are what an administrator decides for a tenant.
type Settings struct {
	Name     string // of the organisation, as people see it
	Language string // of mails to whoever chose none
	LinkDays int    // how long a share link lives if nobody says otherwise
	BinDays  int    // how long what is deleted can be had back

	IdleMinutes     int // a session ends unused after this
	IdleHighMinutes int // the same for whoever may change the tenant itself
	SessionHours    int // a session ends in any case after this

	Exceptions string // what the organisation knows to be inaccessible, for the accessibility statement
	Assessed   string // the date of the last assessment of accessibility, as 2026-11-22; empty: none

	Version int64 // grows with every change; the ETag
}

// kept is Settings as the row has them: what nobody set is left out.
type kept struct {
	Language        string `json:"language,omitempty"`
	LinkDays        int    `json:"link_days,omitempty"`
	BinDays         int    `json:"bin_days,omitempty"`
	IdleMinutes     int    `json:"idle_minutes,omitempty"`
	IdleHighMinutes int    `json:"idle_high_minutes,omitempty"`
	SessionHours    int    `json:"session_hours,omitempty"`
	Exceptions      string `json:"exceptions,omitempty"`
	Assessed        string `json:"assessed,omitempty"`
}

// readKept reads what a row has; what cannot be read, which only somebody
// behind the program's back can have written, counts as nothing.
func readKept(raw []byte) (k kept) {
	if len(raw) > len("{}") {
		_ = json.Unmarshal(raw, &k)
	}
	return k
}

const sqlSettingsRaw = `select settings from tenant where id = app_tenant()`

const (
	linkDays = 30 // unless the settings say otherwise
	binDays  = 14
)

// settings are those of a row, with what is not in it as everybody has it.
func (s *Service) settings(name string, raw []byte, version int64) Settings {
	k := readKept(raw)
	or := func(n, def int) int {
		if n == 0 {
			return def
		}
		return n
	}
	out := Settings{
		Name: name, Language: k.Language, LinkDays: or(k.LinkDays, linkDays), BinDays: or(k.BinDays, binDays),
		IdleMinutes: or(k.IdleMinutes, int(s.cfg.Idle/time.Minute)), IdleHighMinutes: or(k.IdleHighMinutes, int(s.cfg.IdleHigh/time.Minute)),
		SessionHours: or(k.SessionHours, int(s.cfg.Longest/time.Hour)), Exceptions: k.Exceptions, Assessed: k.Assessed, Version: version,
	}
	if out.Language == "" {
		out.Language = Languages[0]
	}
	return out
}

const sqlSettings = `select name, settings, settings_version from tenant where id = app_tenant()`

// SettingsTx returns the settings of the transaction's tenant, for other rooms.
func (s *Service) SettingsTx(ctx context.Context, tx pg.Tx) (Settings, error) {
	return s.settingsBy(tx.QueryRow(ctx, sqlSettings))
}

func (s *Service) settingsBy(row pgx.Row) (Settings, error) {
	var name string
	var raw []byte
	var version int64
	err := row.Scan(&name, &raw, &version)
	if errors.Is(err, pgx.ErrNoRows) {
		return Settings{}, access.NotFound("tenant")
	}
	if err != nil {
		return Settings{}, err
	}
	return s.settings(name, raw, version), nil
}

// BinLifeTx returns how long what was deleted in the transaction's tenant can be
// had back. It holds for what is in the bin already, too.
func BinLifeTx(ctx context.Context, tx pg.Tx) (time.Duration, error) {
	var raw []byte
	if err := tx.QueryRow(ctx, sqlSettingsRaw).Scan(&raw); err != nil {
		return 0, err
	}
	days := readKept(raw).BinDays
	if days == 0 {
		days = binDays
	}
	return time.Duration(days) * 24 * time.Hour, nil
}

// BinLife is BinLifeTx for whoever is signed in.
func (s *Service) BinLife(ctx context.Context, who access.Actor) (life time.Duration, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		life, err = BinLifeTx(ctx, tx)
		return err
	})
	return life, err
}

// Settings returns the tenant's settings. It needs ManageSettings or
// ManageSecurity.
func (s *Service) Settings(ctx context.Context, who access.Actor) (out Settings, err error) {
	if err := settler(who); err != nil {
		return out, err
	}
	err = s.in(ctx, who, func(tx pg.Tx) error {
		out, err = s.SettingsTx(ctx, tx)
		return err
	})
	return out, err
}

func settler(who access.Actor) error {
	if who.Kind != access.Nobody && who.Everywhere()&access.ManageSecurity != 0 {
		return nil
	}
	return who.Require(access.ManageSettings)
}

// SettingsPatch changes what is not nil.
type SettingsPatch struct {
	Name, Language, Exceptions, Assessed                          *string
	LinkDays, BinDays, IdleMinutes, IdleHighMinutes, SessionHours *int

	Reason   string      // why something is made less safe
	Password secret.Text // of whoever does it
}

func (p SettingsPatch) on(s Settings) Settings {
	put(&s.Name, p.Name)
	put(&s.Language, p.Language)
	put(&s.Exceptions, p.Exceptions)
	put(&s.Assessed, p.Assessed)
	put(&s.LinkDays, p.LinkDays)
	put(&s.BinDays, p.BinDays)
	put(&s.IdleMinutes, p.IdleMinutes)
	put(&s.IdleHighMinutes, p.IdleHighMinutes)
	put(&s.SessionHours, p.SessionHours)
	return s
}

func put[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// check says what is wrong with settings, by field.
func (s *Settings) check() error {
	wrong := map[string]string{}
	number := func(field string, n, least, most int, text string) {
		if n < least || n > most {
			wrong[field] = text
		}
	}
	s.Name = shown(s.Name)
	if s.Name == "" || utf8.RuneCountInString(s.Name) > 200 {
		wrong["name"] = "Give a name of 1 to 200 characters."
	}
	if !slices.Contains(Languages, s.Language) {
		wrong["language"] = "Choose sv, nb, da, fi or en."
	}
	number("link_days", s.LinkDays, 1, 365, "Give 1 to 365 days.")
	number("bin_days", s.BinDays, 1, 365, "Give 1 to 365 days.")
	number("idle_minutes", s.IdleMinutes, 5, 480, "Give 5 to 480 minutes.")
	number("idle_high_minutes", s.IdleHighMinutes, 5, 120, "Give 5 to 120 minutes.")
	number("session_hours", s.SessionHours, 1, 24, "Give 1 to 24 hours.")
	text, ok := plain.Text(s.Exceptions)
	if s.Exceptions = text; !ok || utf8.RuneCountInString(text) > 10_000 {
		wrong["exceptions"] = "Write at most 10,000 characters."
	}
	if s.Assessed != "" {
		if _, err := time.Parse(time.DateOnly, s.Assessed); err != nil {
			wrong["assessed"] = "Write the date as 2026-11-22."
		}
	}
	if len(wrong) > 0 {
		return fault.Fields("settings.invalid", "The settings cannot be saved like this.", wrong)
	}
	return nil
}

// changed names the settings in which two differ.
func changed(a, b Settings) []string {
	differ := map[string]bool{
		"name": a.Name != b.Name, "language": a.Language != b.Language, "link_days": a.LinkDays != b.LinkDays, "bin_days": a.BinDays != b.BinDays,
		"idle_minutes": a.IdleMinutes != b.IdleMinutes, "idle_high_minutes": a.IdleHighMinutes != b.IdleHighMinutes,
		"session_hours": a.SessionHours != b.SessionHours, "exceptions": a.Exceptions != b.Exceptions, "assessed": a.Assessed != b.Assessed,
	}
	maps.DeleteFunc(differ, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(differ))
}

// weaker names the settings in which b is less safe than a.
func weaker(a, b Settings) (names []string) {
	for _, w := range []struct {
		name string
		less bool
	}{
		{"idle_high_minutes", b.IdleHighMinutes > a.IdleHighMinutes},
		{"idle_minutes", b.IdleMinutes > a.IdleMinutes},
		{"link_days", b.LinkDays > a.LinkDays},
		{"session_hours", b.SessionHours > a.SessionHours},
	} {
		if w.less {
			names = append(names, w.name)
		}
	}
	return names
}

const sqlSettingsSet = `
	update tenant set name = @name, settings = @settings, settings_version = settings_version + 1
	where id = app_tenant() and settings_version = @version
	returning name, settings, settings_version`

// SetSettings changes the tenant's settings. It needs ManageSettings. What makes
// something less safe needs ManageSecurity, a reason, and the password of the
// person who does it, and is told to the security contact; keys cannot do it.
// version is the one the change was made to; zero is any.
func (s *Service) SetSettings(ctx context.Context, who access.Actor, version int64, p SettingsPatch) (out Settings, err error) {
	was, err := s.Settings(ctx, who)
	if err != nil {
		return out, err
	}
	if version != 0 && version != was.Version {
		return out, settingsChanged(was.Version)
	}
	next := p.on(was)
	if err := next.check(); err != nil {
		return out, err
	}
	what, less := changed(was, next), weaker(was, next)
	if len(what) > len(less) || len(what) == 0 {
		if err := who.Require(access.ManageSettings); err != nil {
			return out, err
		}
	}
	reason, _ := plain.Text(p.Reason)
	if len(less) > 0 {
		if err := s.stepUp(ctx, who, less, reason, p.Password); err != nil {
			return out, err
		}
	}
	err = s.in(ctx, who, func(tx pg.Tx) error {
		k := kept{
			Language: next.Language, LinkDays: next.LinkDays, BinDays: next.BinDays, IdleMinutes: next.IdleMinutes,
			IdleHighMinutes: next.IdleHighMinutes, SessionHours: next.SessionHours, Exceptions: next.Exceptions, Assessed: next.Assessed,
		}
		out, err = s.settingsBy(tx.QueryRow(ctx, sqlSettingsSet, pgx.StrictNamedArgs{"name": next.Name, "settings": k, "version": was.Version}))
		if fault.KindOf(err) == fault.NotFound {
			return settingsChanged(0)
		}
		if err != nil {
			return err
		}
		detail := map[string]any{"fields": what}
		if len(less) > 0 {
			detail["weakened"], detail["reason"] = less, plain.Cut(reason, 500)
			if err := s.OnWeakened(ctx, tx, who, less); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "settings.edit", who.Tenant.String(), detail)
	})
	return out, err
}

// settingsChanged says that the present version is another one; zero: not known.
func settingsChanged(version int64) error {
	err := &fault.Error{Kind: fault.Stale, Code: "settings.changed", Text: "Somebody changed the settings meanwhile. Load them again."}
	if version != 0 {
		err.Extra = map[string]string{"version": strconv.FormatInt(version, 10)}
	}
	return err
}

// stepUp lets through who may make something less safe, says why, and proves
// who they are.
func (s *Service) stepUp(ctx context.Context, who access.Actor, less []string, reason string, password secret.Text) error {
	if err := who.Require(access.ManageSecurity); err != nil {
		return fault.New(fault.Forbidden, "settings.weakens", "This makes the archive less safe. Ask a security administrator to do it.")
	}
	if err := noKey(who); err != nil {
		return err
	}
	if who.Kind == access.House {
		return nil
	}
	wrong := map[string]string{}
	if n := utf8.RuneCountInString(reason); n < 10 || n > 500 {
		wrong["reason"] = "Say in 10 to 500 characters why this is needed. It stands in the log of deeds."
	}
	if password.IsZero() {
		wrong["password"] = "Type your password again."
	}
	if len(wrong) > 0 {
		f := fault.Fields("settings.weakens", "This makes the archive less safe. It needs a reason and your password.", wrong)
		f.Extra = map[string]string{"weakens": join(less)}
		return f
	}
	return s.confirm(ctx, who, password)
}

func join(list []string) (out string) {
	for i, s := range list {
		if i > 0 {
			out += ","
		}
		out += s
	}
	return out
}

// confirm asks a person for their password once more, before something grave.
func (s *Service) confirm(ctx context.Context, who access.Actor, password secret.Text) error {
	if who.Kind != access.Person {
		return noPerson(who)
	}
	var stored, email, name, slug, tenant string
	var byLink bool
	err := s.in(ctx, who, func(tx pg.Tx) error {
		err := tx.QueryRow(ctx, sqlProof, pgx.StrictNamedArgs{"account": who.Account, "session": who.Session}).
			Scan(&stored, &email, &name, &slug, &tenant, &byLink)
		if errors.Is(err, pgx.ErrNoRows) {
			return unauthentic()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.prove(ctx, slug, email, who, password, stored)
}
