// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"

	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/bulk"
	"tillgang/internal/collection"
	"tillgang/internal/delivery"
	"tillgang/internal/discussion"
	"tillgang/internal/effect"
	"tillgang/internal/folder"
	"tillgang/internal/imprint"
	"tillgang/internal/ingest"
	"tillgang/internal/link"
	"tillgang/internal/notice"
	"tillgang/internal/queue"
	"tillgang/internal/relation"
	"tillgang/internal/rendition"
	asking "tillgang/internal/request"
	"tillgang/internal/search"
	"tillgang/internal/secret"
	"tillgang/internal/statistics"
	"tillgang/internal/work"
)

// keys are derived from the master secret, one for each use.
type keys struct{ account, rendition, link []byte }

func makeKeys(master secret.Text) keys {
	return keys{account: derive(master, "account"), rendition: derive(master, "rendition"), link: derive(master, "link")}
}

// openRooms opens the rooms in the order of the law: who reads this from top
// to bottom has read the architecture.
func (h *house) openRooms(ctx context.Context) (err error) {
	if h.scanner, err = h.openScanner(); err != nil {
		return err
	}
	if h.mail, err = h.openMail(); err != nil {
		return err
	}
	host, _ := os.Hostname()
	h.queue = queue.New(h.db.Pool(), h.log, queue.Config{Name: host, Again: h.node, InsertOnly: !h.cfg.Jobs, CPU: h.cfg.Workers, IO: 4})

	h.audit = audit.New(h.db)
	if h.accounts, err = account.New(h.db, clock, account.Config{Key: h.keys.account, Log: h.log}); err != nil {
		return err
	}
	h.folders = folder.New(h.db, clock)
	h.assets = asset.New(h.db, h.folders, clock)
	h.discussion = discussion.New(h.db, h.assets, clock)
	h.relations = relation.New(h.db, h.assets, clock)
	h.effects = effect.New(h.db, h.accounts, h.folders)
	h.collections = collection.New(h.db, clock)
	h.ingest = ingest.New(ingest.Rooms{DB: h.db, Blobs: h.store, Folders: h.folders, Assets: h.assets, Jobs: h.queue},
		ingest.Tools{Scratch: h.sandbox.Scratch, Run: h.runTool, Documents: h.documents},
		ingest.Config{MaxBytes: h.cfg.MaxUpload, Node: h.queue.Node(), InPlace: os.Geteuid() != 0}, h.log, clock)
	h.ingest.Makers = append(h.ingest.Makers, h.pageMakers()...)
	h.renditions = rendition.New(h.db, h.store, h.ingest, h.engine, clock)
	h.renditions.MaxPixels, h.renditions.Scratch, h.renditions.Slots = h.cfg.MaxPixels, h.sandbox.Scratch, h.cfg.Workers
	h.onClose(func(ctx context.Context) error {
		select {
		case <-h.renditions.Drained():
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	h.requests = asking.New(asking.Rooms{DB: h.db, Accounts: h.accounts, Folders: h.folders, Assets: h.assets, Ingest: h.ingest}, clock)
	if h.links, err = link.New(link.Rooms{
		DB: h.db, Accounts: h.accounts, Folders: h.folders, Assets: h.assets, Renditions: h.renditions,
	}, h.keys.link, clock); err != nil {
		return err
	}
	h.search = search.New(h.db, h.assets, clock)
	h.bulk = bulk.New(h.db, h.assets, h.collections, h.search, clock)
	signer, err := delivery.NewSigner(delivery.LinkKey{ID: "1", Secret: h.keys.rendition})
	if err != nil {
		return err
	}
	h.delivery = delivery.New(h.db, h.store, signer, clock)
	h.delivery.Copies(delivery.Copying{Assets: h.assets, Ingest: h.ingest, Scratch: h.sandbox.Scratch, Tool: imprint.Tool{Run: h.runNeeded}})

	h.work = work.New(h.db, h.queue, clock)
	h.statistics = statistics.New(h.db, clock)
	if h.notices, err = notice.New(h.db, h.accounts, clock, notice.Config{Mail: h.mail, BaseURL: h.cfg.BaseURL, Product: "Tillgång"}); err != nil {
		return err
	}

	h.react()
	h.folders.Register(h.queue)
	h.assets.Register(h.queue)
	h.collections.Register(h.queue)
	h.ingest.Register(h.queue)
	h.requests.Register(h.queue)
	h.renditions.Register(h.queue)
	h.links.Register(h.queue)
	h.bulk.Register(h.queue)
	h.search.Register(h.queue)
	h.delivery.Register(h.queue)
	h.statistics.Register(h.queue)
	h.notices.Register(h.queue)
	return h.accounts.EnsureRoles(ctx)
}
