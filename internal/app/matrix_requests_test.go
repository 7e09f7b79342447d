// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/account"
	"tillgang/internal/id"
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
	"getDestinationCounts": {nowhere, fixed("/destinations/*/counts", nil)},
	"listDestinations":     {nowhere, fixed("/destinations", nil)},
}
