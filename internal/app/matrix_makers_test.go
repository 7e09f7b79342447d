// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/rendition"
)

var _ = wire(map[string]matrixRequest{
	"getAssetContents":    {inFolder, ofAsset("/contents", nil)},
	"getAssetSensitivity": {inFolder, ofAsset("/sensitivity", nil)},
	"judgeAssetSensitivity": {inFolder, func(m *matrix, place string) (string, any) {
		return "/assets/" + m.sensitive(place).String() + "/sensitivity/judgement", object{"reason": "Det är ett exempel."}
	}},
	"getAssetSidecar": {inFolder, ofAsset("/sidecar", nil)},
	"putAssetSidecar": {inFolder, ofAsset("/sidecar", sidecarBody(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Byrån"/></rdf:RDF></x:xmpmeta>`))},
	"createArchive": {inFolder, func(m *matrix, place string) (string, any) {
		return "/archives", object{"variant": "original", "selection": object{"ids": []string{m.asset(place).String()}}}
	}},
	"revokeArchive": {nowhere, func(*matrix, string) (string, any) { return "/archives/" + id.New[id.Archive]().String(), nil }},
})

// sensitive is an asset with a national identity number in its title.
func (m *matrix) sensitive(place string) id.Asset {
	m.t.Helper()
	of, title := m.asset(place), "Intyg för 811228-9874" // an example of the tax agency's
	if place == "binned" {
		return of
	}
	if _, err := m.assets.Edit(m.t.Context(), m.self(m.tenantOf(place)), of, 0, asset.Patch{Fields: map[string]*asset.FieldChange{"title": {Value: &title}}}); err != nil {
		m.t.Fatal(err)
	}
	return of
}

func (m *matrix) tenantOf(place string) id.Tenant {
	if place == "foreign" {
		return m.foreign
	}
	return m.tenant
}

func (m *matrix) folder(place string) id.Folder {
	if place == "binned" {
		return m.folders["own"]
	}
	return m.folders[place]
}

// asset makes a new asset in the place.
func (m *matrix) asset(place string) id.Asset {
	m.t.Helper()
	m.n++
	a := m.storeBare(m.tenantOf(place), m.folder(place), fmt.Sprintf("bild-%d.txt", m.n))
	if place == "binned" {
		if err := m.assets.Delete(m.t.Context(), m.self(m.tenant), a); err != nil {
			m.t.Fatal(err)
		}
	}
	return a
}

// picture is asset for a small picture.
func (m *matrix) picture(place string) id.Asset {
	m.t.Helper()
	m.n++
	self := m.self(m.tenantOf(place))
	plan := ingest.Plan{Folder: m.folder(place), Name: fmt.Sprintf("bild-%d.jpg", m.n), Size: -1, OnDuplicate: ingest.Keep}
	a, err := m.ingest.Receive(m.t.Context(), self, plan, bytes.NewReader(scene(m.n, 16, 12)))
	if err != nil {
		m.t.Fatal(err)
	}
	if place == "binned" {
		if err := m.assets.Delete(m.t.Context(), self, a.ID); err != nil {
			m.t.Fatal(err)
		}
	}
	return a.ID
}

func (m *matrix) preset(place string) id.Preset {
	m.t.Helper()
	m.n++
	p, err := m.renditions.CreatePreset(m.t.Context(), m.self(m.tenantOf(place)), rendition.Preset{Name: fmt.Sprintf("mall-%d", m.n), Spec: rendition.Spec{Width: 400}})
	if err != nil {
		m.t.Fatal(err)
	}
	return p.ID
}

// revised makes a new asset of so many revisions, of which the first is shown
// and the last is the active one.
func (m *matrix) revised(place string, n int) (a id.Asset, revisions []id.Revision) {
	m.t.Helper()
	ctx, where := m.t.Context(), place
	if place == "binned" {
		where = "own"
	}
	a = m.asset(where)
	self := m.self(m.tenantOf(place))
	for i := range n {
		if i > 0 {
			plan := ingest.Plan{Asset: a, Name: "ny.txt", Size: -1}
			if _, err := m.ingest.Receive(ctx, self, plan, strings.NewReader(fmt.Sprintf("text %d %d", m.n, i))); err != nil {
				m.t.Fatal(err)
			}
		}
		now, err := m.assets.Get(ctx, self, a)
		if err != nil {
			m.t.Fatal(err)
		}
		revisions = append(revisions, now.Revision)
	}
	if place == "binned" {
		if err := m.assets.Delete(ctx, self, a); err != nil {
			m.t.Fatal(err)
		}
	}
	return a, revisions
}

// sub makes a new folder in the place.
func (m *matrix) sub(place string) id.Folder {
	m.t.Helper()
	m.n++
	tenant := m.tenantOf(place)
	f, err := m.world.folders.Create(m.t.Context(), m.self(tenant), m.folder(place), fmt.Sprintf("Mapp %d", m.n))
	if err != nil {
		m.t.Fatal(err)
	}
	if place == "binned" {
		if err := m.world.folders.Delete(m.t.Context(), m.self(tenant), f.ID, 0); err != nil {
			m.t.Fatal(err)
		}
	}
	return f.ID
}

func (m *matrix) someone(place string) id.Account {
	m.n++
	a, err := m.accounts.Create(m.t.Context(), m.self(m.tenantOf(place)), account.NewAccount{Email: fmt.Sprintf("n%d@example.se", m.n), Name: "Någon"})
	if err != nil {
		m.t.Fatal(err)
	}
	return a.ID
}

func (m *matrix) group(place string) id.Group {
	m.n++
	g, err := m.accounts.CreateGroup(m.t.Context(), m.self(m.tenantOf(place)), fmt.Sprintf("Grupp %d", m.n))
	if err != nil {
		m.t.Fatal(err)
	}
	return g.ID
}

func (m *matrix) customRole(place string) id.Role {
	m.n++
	r, err := m.accounts.CreateRole(m.t.Context(), m.self(m.tenantOf(place)), fmt.Sprintf("roll-%d", m.n), access.View)
	if err != nil {
		m.t.Fatal(err)
	}
	return r.ID
}

func (m *matrix) houseKey(place string) id.Key {
	k, _, err := m.accounts.CreateKey(m.t.Context(), m.self(m.tenantOf(place)), account.NewKey{Name: "matrix", Own: true, Role: "viewer"})
	if err != nil {
		m.t.Fatal(err)
	}
	return k.ID
}

// emptyRole is a role that permits nothing, so that anybody may give it.
func (m *matrix) emptyRole(place string) id.Role {
	m.n++
	r, err := m.accounts.CreateRole(m.t.Context(), m.self(m.tenantOf(place)), fmt.Sprintf("tom-%d", m.n), 0)
	if err != nil {
		m.t.Fatal(err)
	}
	return r.ID
}

// session signs the actor in again.
func (m *matrix) session(who asker) string {
	m.t.Helper()
	tenant := m.tenant
	if who.name == "admin-of-other-tenant" {
		tenant = m.foreign
	}
	token, err := m.accounts.NewLink(m.t.Context(), m.self(tenant), who.account.Email)
	if err != nil {
		m.t.Fatal(err)
	}
	in, err := m.accounts.RedeemLink(m.t.Context(), token.Reveal(), "test", account.Network(testAddr))
	if err != nil {
		m.t.Fatal(err)
	}
	return in.Token
}

// revisionBody is the content of a new revision.
type revisionBody string

// noUpload is a request about an upload that is none of the asker's: nobody's
// rights reach uploads of others.
func noUpload(suffix string, body any) request {
	return func(*matrix, string) (string, any) { return "/uploads/" + id.New[id.Upload]().String() + suffix, body }
}

// tusBody is a request of the tus protocol.
type tusBody struct {
	content string
	header  []string
}

type uploadBody struct {
	folder  id.Folder
	content string
}

// job makes a job of the place's tenant that is in this state of River's, and
// returns its identifier.
func (m *matrix) job(place, state string) string {
	m.t.Helper()
	tenant := m.tenantOf(place)
	err := pg.In(m.t.Context(), m.db, tenant, func(tx pg.Tx) error {
		return m.queue.Enqueue(m.t.Context(), tx, ingest.InspectArgs{Tenant: tenant, Asset: id.New[id.Asset](), Revision: id.New[id.Revision]()})
	})
	if err != nil {
		m.t.Fatal(err)
	}
	var n int64
	err = m.ownerConn().QueryRow(m.t.Context(), "update river_job set state = $1 where id = (select max(id) from river_job) returning id", state).Scan(&n)
	if err != nil {
		m.t.Fatal(err)
	}
	return fmt.Sprintf("job_%d", n)
}

// sidecarBody is an XMP file.
type sidecarBody string
