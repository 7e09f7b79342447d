// SPDX-License-Identifier: Apache-2.0

package request

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

const sqlColumns = `r.id, r.folder_id, coalesce((select f.name from folder f where f.id = r.folder_id), '') as folder_name, r.title, r.message, r.terms, r.terms_version, r.fields, r.sender, r.language, r.password_hash <> '' as protected,
	r.kinds, r.max_files, r.max_bytes, r.kept_days, r.asked_by, r.version, r.created_at, r.updated_at, r.expires_at, r.revoked_at,
	(select count(*) from upload_delivery d where d.request_id = r.id and d.state <> 'begun') as deliveries,
	(select count(*) from upload_delivery_file l where l.request_id = r.id and l.state = 'waiting') as waiting,
	(select count(*) from upload_delivery_file l where l.request_id = r.id and l.state = 'accepted') as accepted,
	(select count(*) from upload_delivery_file l where l.request_id = r.id and l.state = 'rejected') as rejected`

// managed holds for a request r that the bound actor moderates.
const managed = `exists (select from folder f where f.id = r.folder_id and f.deleted_at is null
	and (f.acl_id = any(@approving::bigint[]) or r.asked_by = @asker and f.acl_id = any(@uploading::bigint[])))`

// Filter narrows the list of requests.
type Filter struct {
	Folder id.Folder // zero: all
	Ended  *bool     // nil: all
}

const sqlList = `
	select ` + sqlColumns + ` from upload_request r
	where r.tenant_id = @tenant and ` + managed + ` and (@folder::uuid is null or r.folder_id = @folder)
		and (@ended::boolean is null or (r.revoked_at is not null or r.expires_at <= @now) = @ended) and (@after::uuid is null or r.id < @after)
	order by r.id desc limit @limit`

// List returns the requests that who moderates, newest first.
func (s *Service) List(ctx context.Context, who access.Actor, f Filter, cursor string, limit int) (p page.Page[Request], err error) {
	of := "requests " + f.Folder.String()
	if f.Ended != nil {
		of += map[bool]string{true: "e", false: "a"}[*f.Ended]
	}
	var after id.Request
	if _, err := page.Read(cursor, of, &after); err != nil {
		return p, err
	}
	limit = page.Limit(limit)
	err = s.read(ctx, who, func(tx pg.Tx) error {
		args := pgx.StrictNamedArgs{"tenant": who.Tenant, "folder": f.Folder, "ended": f.Ended, "now": s.now(), "after": after, "limit": limit + 1}
		if err := asset.BindModerated(ctx, tx, who, args); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlList, args)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Request])
		p = page.Cut(list, limit, of, func(r Request) []any { return []any{r.ID} })
		return err
	})
	return p, err
}

const sqlGet = `select ` + sqlColumns + ` from upload_request r where r.id = @id and r.tenant_id = @tenant and ` + managed

const sqlHold = `select r.id from upload_request r where r.id = @id and r.tenant_id = @tenant for update`

// Get returns a request that who moderates.
func (s *Service) Get(ctx context.Context, who access.Actor, request id.Request) (r Request, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		r, err = s.getTx(ctx, tx, who, request)
		return err
	})
	return r, err
}

func (s *Service) getTx(ctx context.Context, tx pg.Tx, who access.Actor, request id.Request) (Request, error) {
	args := pgx.StrictNamedArgs{"id": request, "tenant": who.Tenant}
	if err := asset.BindModerated(ctx, tx, who, args); err != nil {
		return Request{}, err
	}
	rows, err := tx.Query(ctx, sqlGet, args)
	if err != nil {
		return Request{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Request])
	if errors.Is(err, pgx.ErrNoRows) {
		return r, access.NotFound("request")
	}
	return r, err
}

// hold is getTx for a change of the request.
func (s *Service) hold(ctx context.Context, tx pg.Tx, who access.Actor, request id.Request) (Request, error) {
	if _, err := tx.Exec(ctx, sqlHold, pgx.StrictNamedArgs{"id": request, "tenant": who.Tenant}); err != nil {
		return Request{}, err
	}
	return s.getTx(ctx, tx, who, request)
}

const sqlCreate = `
	insert into upload_request (id, tenant_id, folder_id, hash, title, message, terms, terms_version, fields, sender, language, password_hash,
		kinds, max_files, max_bytes, kept_days, actor, asked_by, created_at, updated_at, expires_at)
	values (@id, @tenant, @folder, @hash, @title, @message, @terms, @terms_version, @fields, @sender, @language, @password,
		@kinds, @max_files, @max_bytes, @kept_days, @actor, @asker, @now, @now, @expires)`

const sqlTerms = `
	insert into upload_request_terms (tenant_id, request_id, version, terms, created_at) values (@tenant, @id, @version, @terms, @now)
	on conflict (request_id, version) do nothing`

func bind(r Request, args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	kinds := make([]string, len(r.Kinds))
	for i, k := range r.Kinds {
		kinds[i] = string(k)
	}
	args["id"], args["title"], args["message"], args["terms"], args["terms_version"] = r.ID, r.Title, r.Message, r.Terms, r.TermsAt
	args["fields"], args["sender"], args["language"], args["kinds"] = r.Fields, string(r.Sender), r.Language, kinds
	args["max_files"], args["max_bytes"], args["kept_days"], args["expires"] = r.MaxFiles, r.MaxBytes, r.KeptDays, r.ExpiresAt
	return args
}

// Create makes a request for files that are to lie in a folder, which takes
// Upload there. token is the secret of its address; it is told only this once.
func (s *Service) Create(ctx context.Context, who access.Actor, to id.Folder, in Settings) (r Request, token string, err error) {
	if who.Kind == access.House || who.Kind == access.Request {
		return r, "", fault.New(fault.Forbidden, "request.no_account", "Upload requests belong to people and to API keys.")
	}
	hash, err := s.hash(ctx, in.Password)
	if err != nil {
		return r, "", err
	}
	actor, err := who.Remember()
	if err != nil {
		return r, "", err
	}
	token = secret.Token()
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		f, err := s.Folders.HoldTx(ctx, tx, who, to)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := access.Require(f.Can, access.Upload, "folder"); err != nil {
			return audit.Entry{}, err
		}
		reg, err := s.Assets.RegistryTx(ctx, tx, who)
		if err != nil {
			return audit.Entry{}, err
		}
		now := s.now()
		r = usual(now)
		r.ID = id.New[id.Request]()
		if err := r.apply(in, reg, now); err != nil {
			return audit.Entry{}, err
		}
		if _, err := tx.Exec(ctx, sqlCreate, bind(r, pgx.StrictNamedArgs{
			"tenant": who.Tenant, "folder": f.ID, "hash": secret.Hash(token), "password": or(hash), "actor": actor, "asker": asset.Asker(who), "now": now,
		})); err != nil {
			return audit.Entry{}, err
		}
		if err := s.keepTerms(ctx, tx, who, r); err != nil {
			return audit.Entry{}, err
		}
		r, err = s.getTx(ctx, tx, who, r.ID)
		return audit.Entry{Verb: "request.create", Subject: r.ID.String(), Detail: map[string]any{
			"folder": f.ID.String(), "expires_at": r.ExpiresAt.Format(time.RFC3339), "password": r.Protected, "kept_days": r.KeptDays,
		}}, err
	})
	return r, token, err
}

func (s *Service) keepTerms(ctx context.Context, tx pg.Tx, who access.Actor, r Request) error {
	_, err := tx.Exec(ctx, sqlTerms, pgx.StrictNamedArgs{"tenant": who.Tenant, "id": r.ID, "version": r.TermsAt, "terms": r.Terms, "now": s.now()})
	return err
}

// hash is what is kept of a new password; nil: nothing is said of one.
func (s *Service) hash(ctx context.Context, password *secret.Text) (*string, error) {
	if password == nil {
		return nil, nil
	}
	if password.IsZero() || len(password.Reveal()) > 4*longPassword { // too long: apply says so
		return new(""), nil
	}
	h, err := s.Accounts.Passwords().Hash(ctx, *password)
	return &h, err
}

func or(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

const sqlEdit = `
	update upload_request set title = @title, message = @message, terms = @terms, terms_version = @terms_version, fields = @fields, sender = @sender,
		language = @language, password_hash = coalesce(@password, password_hash), kinds = @kinds, max_files = @max_files, max_bytes = @max_bytes,
		kept_days = @kept_days, expires_at = @expires, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant`

// Edit changes a request that who moderates. version is the one that the change
// was made to; zero is any.
func (s *Service) Edit(ctx context.Context, who access.Actor, request id.Request, version int64, in Settings) (r Request, err error) {
	hash, err := s.hash(ctx, in.Password)
	if err != nil {
		return r, err
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		if r, err = s.hold(ctx, tx, who, request); err != nil {
			return audit.Entry{}, err
		}
		if version != 0 && version != r.Version {
			return audit.Entry{}, &fault.Error{
				Kind: fault.Stale, Code: "request.changed", Extra: map[string]string{"version": strconv.FormatInt(r.Version, 10)},
				Text: "Somebody has changed this upload request since you read it. Read it again and repeat your change.",
			}
		}
		reg, err := s.Assets.RegistryTx(ctx, tx, who)
		if err != nil {
			return audit.Entry{}, err
		}
		now := s.now()
		if err := r.apply(in, reg, now); err != nil {
			return audit.Entry{}, err
		}
		if _, err := tx.Exec(ctx, sqlEdit, bind(r, pgx.StrictNamedArgs{"tenant": who.Tenant, "password": hash, "now": now})); err != nil {
			return audit.Entry{}, err
		}
		if err := s.keepTerms(ctx, tx, who, r); err != nil {
			return audit.Entry{}, err
		}
		r, err = s.getTx(ctx, tx, who, request)
		return audit.Entry{Verb: "request.edit", Subject: request.String(), Detail: map[string]any{
			"expires_at": r.ExpiresAt.Format(time.RFC3339), "password": r.Protected, "kept_days": r.KeptDays,
		}}, err
	})
	return r, err
}

const sqlRevoke = `
	update upload_request set revoked_at = @now, revoked_by = @by, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant`

// Revoke ends a request at once. What came in stays where it is.
func (s *Service) Revoke(ctx context.Context, who access.Actor, request id.Request) error {
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "request.revoke", Subject: request.String()}
		r, err := s.hold(ctx, tx, who, request)
		if err != nil {
			return e, err
		}
		if r.RevokedAt != nil {
			return e, fault.New(fault.Conflict, "request.revoked", "This upload request has been revoked already.")
		}
		_, err = tx.Exec(ctx, sqlRevoke, pgx.StrictNamedArgs{"id": request, "tenant": who.Tenant, "by": who.ID, "now": s.now()})
		return e, err
	})
}

const sqlRestore = `
	update upload_request set revoked_at = null, revoked_by = null, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant`

// Restore brings a request back within 14 days of its revocation, under the
// address that it had.
func (s *Service) Restore(ctx context.Context, who access.Actor, request id.Request) (r Request, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "request.restore", Subject: request.String()}
		if r, err = s.hold(ctx, tx, who, request); err != nil {
			return e, err
		}
		if r.RevokedAt == nil {
			return e, fault.New(fault.Conflict, "request.not_revoked", "This upload request has not been revoked.")
		}
		if s.now().Sub(*r.RevokedAt) > restorable {
			return e, fault.New(fault.Conflict, "request.gone", "This upload request was revoked more than 14 days ago. Make a new one.")
		}
		if _, err := tx.Exec(ctx, sqlRestore, pgx.StrictNamedArgs{"id": request, "tenant": who.Tenant, "now": s.now()}); err != nil {
			return e, err
		}
		r, err = s.getTx(ctx, tx, who, request)
		return e, err
	})
	return r, err
}

const sqlNewLink = `
	update upload_request set hash = @hash, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant`

// NewLink gives a request another address; the old one ends. Receipts stay.
func (s *Service) NewLink(ctx context.Context, who access.Actor, request id.Request) (r Request, token string, err error) {
	token = secret.Token()
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "request.link", Subject: request.String()}
		if _, err := s.hold(ctx, tx, who, request); err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlNewLink, pgx.StrictNamedArgs{"id": request, "tenant": who.Tenant, "hash": secret.Hash(token), "now": s.now()}); err != nil {
			return e, err
		}
		r, err = s.getTx(ctx, tx, who, request)
		return e, err
	})
	return r, token, err
}
