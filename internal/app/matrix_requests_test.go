// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/rendition"
)

// about marks how an operation is located: in a folder, at the tenant (places
// own and foreign only), or nowhere (one row).
const (
	inFolder = iota
	atTenant
	nowhere
)

type object = map[string]any

func fixed(path string, body any) request {
	return func(*matrix, string) (string, any) { return path, body }
}

func ofAsset(suffix string, body any) request {
	return func(m *matrix, place string) (string, any) {
		return "/assets/" + m.asset(place).String() + suffix, body
	}
}

// ofPicture is ofAsset for what only pictures have.
func ofPicture(suffix string, body any) request {
	return func(m *matrix, place string) (string, any) {
		return "/assets/" + m.picture(place).String() + suffix, body
	}
}

func ofFolder(suffix string, body any) request {
	return func(m *matrix, place string) (string, any) { return "/folders/" + m.sub(place).String() + suffix, body }
}

// matrixRequest says where the thing that an operation is about lies, and makes
// the operation's request.
type matrixRequest struct {
	about int
	make  request
}

var requests = map[string]matrixRequest{
	"getSession":       {nowhere, fixed("/session", nil)},
	"signIn":           {nowhere, fixed("/session", object{"email": "nobody@example.se", "password": "wrong horse battery"})},
	"redeemSignInLink": {nowhere, fixed("/session/link", object{"token": strings.Repeat("x", 43)})},
	"signOut":          {nowhere, fixed("/session", nil)},
	"setPassword":      {nowhere, fixed("/session/password", object{"password": "kort"})},
	"listSessions":     {nowhere, fixed("/sessions", nil)},
	"endSession": {nowhere, func(*matrix, string) (string, any) {
		return "/sessions/" + id.New[id.Session]().String(), nil
	}},

	"listAssets":     {nowhere, fixed("/assets?limit=1", nil)},
	"getAssetFacets": {nowhere, fixed("/assets/facets", nil)},
	"uploadAsset": {inFolder, func(m *matrix, place string) (string, any) {
		f := m.folder(place)
		if place == "binned" {
			f = m.sub(place)
		}
		return "/assets", uploadBody{f, fmt.Sprintf("ny %d %s", m.n, time.Now())}
	}},
	"getUploadOptions": {nowhere, fixed("/uploads", tusBody{})},
	"listUploads":      {nowhere, fixed("/uploads?limit=1", nil)},
	"createUpload": {inFolder, func(m *matrix, place string) (string, any) {
		f := m.folder(place)
		if place == "binned" {
			f = m.sub(place)
		}
		content := fmt.Sprintf("i bitar %d %s", m.n, time.Now())
		return "/uploads", tusBody{content, []string{"Upload-Length", strconv.Itoa(len(content)), "Upload-Metadata", "folder " + b64(f.String())}}
	}},
	"getUpload":       {nowhere, noUpload("", nil)},
	"resumeUpload":    {nowhere, noUpload("", tusBody{})},
	"appendUpload":    {nowhere, noUpload("", tusBody{"x", []string{"Upload-Offset", "0"}})},
	"terminateUpload": {nowhere, noUpload("", tusBody{})},
	"acceptUpload":    {nowhere, noUpload("/acceptance", nil)},
	"getAssetPage":    {inFolder, ofAsset("/pages/1", nil)},
	"getAsset":        {inFolder, ofAsset("", nil)},
	"updateAsset":     {inFolder, ofAsset("", object{"fields": object{"title": object{"value": "Ny"}}})},
	"deleteAsset":     {inFolder, ofAsset("", nil)},
	"restoreAsset":    {inFolder, ofAsset("/restoration", nil)},
	"prepareAsset":    {inFolder, ofAsset("/preparation", nil)},
	"skipPreparation": {inFolder, ofAsset("/preparation", nil)},
	"releaseAsset":    {inFolder, ofAsset("/release", nil)},
	"listJobs":        {nowhere, fixed("/jobs?limit=1", nil)},
	"giveUpJob":       {atTenant, func(m *matrix, place string) (string, any) { return "/jobs/" + m.job(place, "available"), nil }},
	"hastenJob": {atTenant, func(m *matrix, place string) (string, any) {
		return "/jobs/" + m.job(place, "retryable") + "/attempt", nil
	}},
	"listAssetHistory":    {inFolder, ofAsset("/history", nil)},
	"listAssetSightings":  {inFolder, ofAsset("/sightings", nil)},
	"listAssetDuplicates": {inFolder, ofAsset("/duplicates", nil)},
	"listDuplicates":      {nowhere, fixed("/duplicates?limit=5", nil)},
	"listAssetRevisions":  {inFolder, ofAsset("/revisions", nil)},
	"getRendition":        {inFolder, ofAsset("/renditions/small", nil)},
	"getFraming":          {inFolder, ofAsset("/framing", nil)},
	"setRotation":         {inFolder, ofPicture("/rotation", object{"degrees": 90})},
	"setFocalPoint":       {inFolder, ofPicture("/focal-point", object{"x": 0.2, "y": 0.9})},
	"clearFocalPoint":     {inFolder, ofPicture("/focal-point", nil)},
	"setCrop":             {inFolder, ofPicture("/crops/16:9", object{"x": 0, "y": 0, "width": 1, "height": 0.5})},
	"clearCrop":           {inFolder, ofPicture("/crops/16:9", nil)},
	"addAssetRevision": {inFolder, func(m *matrix, place string) (string, any) {
		return "/assets/" + m.asset(place).String() + "/revisions", revisionBody(fmt.Sprintf("ny %d %s", m.n, time.Now()))
	}},
	"activateAssetRevision": {inFolder, func(m *matrix, place string) (string, any) {
		a, revisions := m.revised(place, 2)
		return "/assets/" + a.String() + "/active-revision", object{"revision": revisions[0]}
	}},
	"purgeAssetRevision": {inFolder, func(m *matrix, place string) (string, any) {
		a, revisions := m.revised(place, 3)
		return "/assets/" + a.String() + "/revisions/" + revisions[1].String(), nil
	}},
	"createDownload": {inFolder, ofAsset("/downloads", object{"variant": "original"})},
	"revokeDownload": {inFolder, func(m *matrix, place string) (string, any) {
		where := place
		if place == "binned" {
			where = "own"
		}
		a := m.asset(where)
		t, err := m.delivery.Issue(m.t.Context(), m.self(m.tenantOf(place)), a, originalRequest)
		if err != nil {
			m.t.Fatal(err)
		}
		if place == "binned" {
			if err := m.assets.Delete(m.t.Context(), m.self(m.tenant), a); err != nil {
				m.t.Fatal(err)
			}
		}
		return "/downloads/" + t.ID.String(), nil
	}},
	"completeKeywords": {nowhere, fixed("/keywords?prefix=a", nil)},
	"listBin":          {nowhere, fixed("/bin", nil)},
	"purgeAsset": {inFolder, func(m *matrix, place string) (string, any) {
		return "/bin/" + m.asset(place).String(), nil
	}},

	"listFolders": {inFolder, func(m *matrix, place string) (string, any) {
		return "/folders?parent=" + m.sub(place).String(), nil
	}},
	"createFolder": {inFolder, func(m *matrix, place string) (string, any) {
		m.n++
		f := m.folder(place)
		if place == "binned" {
			f = m.sub(place)
		}
		return "/folders", object{"name": fmt.Sprintf("Ny %d", m.n), "parent": f}
	}},
	"getFolder": {inFolder, ofFolder("", nil)},
	"updateFolder": {inFolder, func(m *matrix, place string) (string, any) {
		m.n++
		return "/folders/" + m.sub(place).String(), object{"name": fmt.Sprintf("Bytt namn %d", m.n)}
	}},
	"deleteFolder":    {inFolder, ofFolder("", nil)},
	"restoreFolder":   {inFolder, ofFolder("/restoration", nil)},
	"getFolderGrants": {inFolder, ofFolder("/grants", nil)},
	"setFolderGrants": {inFolder, ofFolder("/grants", object{"inherit": true, "grants": []any{}})},

	"listAccounts": {nowhere, fixed("/accounts", nil)},
	"inviteAccount": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/accounts", object{"email": fmt.Sprintf("inbjuden%d@example.se", m.n), "name": "Inbjuden"}
	}},
	"getAccount": {atTenant, func(m *matrix, place string) (string, any) { return "/accounts/" + m.someone(place).String(), nil }},
	"deactivateAccount": {atTenant, func(m *matrix, place string) (string, any) {
		return "/accounts/" + m.someone(place).String() + "/deactivation", nil
	}},
	"reactivateAccount": {atTenant, func(m *matrix, place string) (string, any) {
		a := m.someone(place)
		if err := m.accounts.Deactivate(m.t.Context(), m.self(m.tenantOf(place)), a); err != nil {
			m.t.Fatal(err)
		}
		return "/accounts/" + a.String() + "/deactivation", nil
	}},
	"updateAccount": {atTenant, func(m *matrix, place string) (string, any) {
		return "/accounts/" + m.someone(place).String(), object{"name": "Annat namn"}
	}},
	"createSignInLink": {atTenant, func(m *matrix, place string) (string, any) {
		return "/accounts/" + m.someone(place).String() + "/sign-in-links", nil
	}},
	"listGroups": {nowhere, fixed("/groups", nil)},
	"createGroup": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/groups", object{"name": fmt.Sprintf("Ny grupp %d", m.n)}
	}},
	"updateGroup": {atTenant, func(m *matrix, place string) (string, any) {
		m.n++
		return "/groups/" + m.group(place).String(), object{"name": fmt.Sprintf("Annan grupp %d", m.n)}
	}},
	"deleteGroup": {atTenant, func(m *matrix, place string) (string, any) { return "/groups/" + m.group(place).String(), nil }},
	"listGroupMembers": {atTenant, func(m *matrix, place string) (string, any) {
		return "/groups/" + m.group(place).String() + "/members", nil
	}},
	"addGroupMember": {atTenant, func(m *matrix, place string) (string, any) {
		return "/groups/" + m.group(place).String() + "/members/" + m.someone(place).String(), nil
	}},
	"removeGroupMember": {atTenant, func(m *matrix, place string) (string, any) {
		g, a := m.group(place), m.someone(place)
		if err := m.accounts.AddMember(m.t.Context(), m.self(m.tenantOf(place)), g, account.Member{Account: a}); err != nil {
			m.t.Fatal(err)
		}
		return "/groups/" + g.String() + "/members/" + a.String(), nil
	}},
	"listRoles": {nowhere, fixed("/roles", nil)},
	"createRole": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/roles", object{"name": fmt.Sprintf("ny-roll-%d", m.n), "permissions": []string{}}
	}},
	"updateRole": {atTenant, func(m *matrix, place string) (string, any) {
		m.n++
		return "/roles/" + m.customRole(place).String(), object{"name": fmt.Sprintf("bytt-%d", m.n), "permissions": []string{}}
	}},
	"deleteRole":       {atTenant, func(m *matrix, place string) (string, any) { return "/roles/" + m.customRole(place).String(), nil }},
	"listTenantGrants": {nowhere, fixed("/grants", nil)},
	"addTenantGrant": {atTenant, func(m *matrix, place string) (string, any) {
		return "/grants/" + m.someone(place).String() + "/" + m.emptyRole(place).String(), nil
	}},
	"removeTenantGrant": {atTenant, func(m *matrix, place string) (string, any) {
		a, r := m.someone(place), m.emptyRole(place)
		if err := m.accounts.Give(m.t.Context(), m.self(m.tenantOf(place)), a.UUID(), r); err != nil {
			m.t.Fatal(err)
		}
		return "/grants/" + a.String() + "/" + r.String(), nil
	}},
	"listKeys":  {nowhere, fixed("/keys", nil)},
	"createKey": {nowhere, fixed("/keys", object{"name": "min", "permissions": []string{"asset.view"}})},
	"revokeKey": {atTenant, func(m *matrix, place string) (string, any) { return "/keys/" + m.houseKey(place).String(), nil }},

	"listPresets": {nowhere, fixed("/presets", nil)},
	"createPreset": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/presets", object{"name": fmt.Sprintf("webb-%d", m.n), "width": 800}
	}},
	"getPreset": {atTenant, func(m *matrix, place string) (string, any) { return "/presets/" + m.preset(place).String(), nil }},
	"updatePreset": {atTenant, func(m *matrix, place string) (string, any) {
		return "/presets/" + m.preset(place).String(), object{"quality": 70}
	}},
	"deletePreset": {atTenant, func(m *matrix, place string) (string, any) { return "/presets/" + m.preset(place).String(), nil }},

	"listAudit":            {nowhere, fixed("/audit?limit=1", nil)},
	"verifyAudit":          {nowhere, fixed("/audit/verification", nil)},
	"getDestinationCounts": {nowhere, fixed("/destinations/storage/counts", nil)},
	"listDestinations":     {nowhere, fixed("/destinations", nil)},
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
