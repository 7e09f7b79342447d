// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"io"
	"log/slog"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/document"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
	"tillgang/internal/queue"
)

// Config bounds the room. The zero value has sensible limits.
type Config struct {
	MaxBytes  int64         // of one file; 0: 50 GB
	Abandoned time.Duration // silence after which an upload is swept up; 0: 24 h
	Expires   time.Duration // silence after which an upload in pieces is given up; 0: 72 h
	Node      string        // names this process, and no other living one, in the rows of uploads that it is taking in
	Alive     time.Duration // between two signs of life of an upload; 0: 30 s

	// InPlace lets tools read originals where the storage keeps them as local
	// files, instead of a copy in the private folder. It needs a server that is
	// not root: tools of one that is run as another user, who may not go there.
	InPlace bool
}

func (c Config) withDefaults() Config {
	if c.MaxBytes <= 0 {
		c.MaxBytes = 50_000_000_000
	}
	if c.Abandoned <= 0 {
		c.Abandoned = 24 * time.Hour
	}
	if c.Expires <= 0 {
		c.Expires = 72 * time.Hour
	}
	if c.Alive <= 0 {
		c.Alive = 30 * time.Second
	}
	return c
}

// Tools are what reads files. The house fits them.
type Tools struct {
	// Scratch makes a private folder for one job; the caller calls remove.
	Scratch func(ctx context.Context) (dir string, remove func(), err error)
	// Run starts a program in the sandbox; see picture.Run.
	Run picture.Run
	// Documents reads documents; its zero value reads none.
	Documents document.Reader
}

// Original is the file of a revision, as a local file to make renditions of.
type Original struct {
	Asset     id.Asset
	Revision  id.Revision
	Path      string // absolute
	MediaType string // by content: of the original, or of its stand-in
	Dir       string // a private folder for whatever is made
}

// Jobs takes jobs in the transaction of their cause; *queue.Queue is one.
type Jobs interface {
	Enqueue(ctx context.Context, tx pg.Tx, args ...queue.Args) error
}

// Service is the room's set of verbs.
type Service struct {
	db      *pg.DB
	blobs   blob.Stager
	folders *folder.Service
	assets  *asset.Service
	jobs    Jobs
	tools   Tools
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	holders holders

	// Recall makes the actor that began an upload anew, with the rights it has
	// at this moment, to finish an upload that nobody asks for any more. Until
	// the house fills it, such uploads expire.
	Recall func(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error)

	// Admit says, as a fault, that somebody from outside may not send this much
	// more. Until the house fills it, nobody outside may send anything.
	Admit func(ctx context.Context, tx pg.Tx, who access.Actor, more Admission) error

	// Render makes and keeps the renditions of a picture or a document, and
	// says what the picture is. It is called outside any transaction and may be
	// called again for the same original. A fault that is Invalid or TooLarge
	// is about the file; any other error is worth another try. Until the house
	// fills it, nothing is rendered.
	Render func(ctx context.Context, who access.Actor, of Original) (picture.Reply, error)
	// Scan asks a scanner about all of a file: found names what was found, and
	// parts says that the file was too long to be seen as a whole. An error
	// means that nothing is known. nil: there is no scanner.
	Scan func(ctx context.Context, r io.Reader) (found string, parts bool, err error)
	// Reads reports whether Render can read the media type at all.
	Reads func(mediaType string) bool
	// Makers make stand-ins for originals that Render does not read, or fails
	// on. They are asked in this order. The house adds to those of the room.
	Makers []Maker
}

// Rooms are the rooms and tools that the service works with.
type Rooms struct {
	DB      *pg.DB
	Blobs   blob.Stager
	Folders *folder.Service
	Assets  *asset.Service
	Jobs    Jobs
}

// New returns the room; its hooks do nothing yet.
func New(r Rooms, tools Tools, cfg Config, log *slog.Logger, now func() time.Time) *Service {
	return &Service{
		db: r.DB, blobs: r.Blobs, folders: r.Folders, assets: r.Assets, jobs: r.Jobs,
		tools: tools, cfg: cfg.withDefaults(), log: log, now: now, Makers: makers(tools.Run),
		Render: func(context.Context, access.Actor, Original) (picture.Reply, error) { return picture.Reply{}, nil },
		Reads:  func(string) bool { return false },
		Admit: func(context.Context, pg.Tx, access.Actor, Admission) error {
			return access.NotFound("folder")
		},
		Recall: func(context.Context, pg.Tx, id.Tenant, []byte) (access.Actor, error) {
			return access.Actor{}, access.NotFound("upload")
		},
	}
}

// MaxBytes is the size of the largest file that is taken.
func (s *Service) MaxBytes() int64 { return s.cfg.MaxBytes }
