// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"strings"

	"tillgang/internal/httpapi"
	"tillgang/internal/httpmedia"
	"tillgang/internal/webapp"
)

// doors hangs every door of the house on one handler.
//
//	/api/            httpapi    JSON, with a key or a session
//	/d/ /r/          httpmedia  bytes, with a ticket or a signature; no cookies
//	/healthz /readyz            whether it lives and works
//	everything else  webapp     the pages for people
func (h *house) doors(watch *health) (http.Handler, error) {
	api, err := httpapi.New(httpapi.Config{
		Accounts: h.accounts, Audit: h.audit, Folders: h.folders, Assets: h.assets, Ingest: h.ingest,
		Renditions: h.renditions, Search: h.search, Bulk: h.bulk, Requests: h.requests, Collections: h.collections, Discussion: h.discussion, Relations: h.relations, Links: h.links, Delivery: h.delivery, Work: h.work,
		Statistics: h.statistics, Notices: h.notices, Effects: h.effects,
		Log: h.log, Now: clock, BaseURL: h.cfg.BaseURL, MediaURL: h.cfg.MediaURL, TrustedProxies: h.cfg.TrustedProxies,
		Destinations: h.destinations, Observe: watch.observe,
	})
	if err != nil {
		return nil, err
	}
	media, err := httpmedia.New(httpmedia.Config{Delivery: h.delivery, Log: h.log, Now: clock, TrustedProxies: h.cfg.TrustedProxies})
	if err != nil {
		return nil, err
	}
	pages, err := webapp.New(webapp.Config{
		Accounts: h.accounts, Links: h.links, Requests: h.requests, Renditions: h.renditions, Delivery: h.delivery,
		Log: h.log, Now: clock, BaseURL: h.cfg.BaseURL, MediaURL: h.cfg.MediaURL, TrustedProxies: h.cfg.TrustedProxies, Version: Version,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", watch.alive)
	mux.HandleFunc("GET /readyz", watch.ready)
	mux.Handle("/d/", media)
	mux.Handle("/r/", media)
	mux.Handle("/api/", sameOrigin(h.cfg.BaseURL, api, true))
	mux.Handle("/", sameOrigin(h.cfg.BaseURL, pages, false))
	if h.cfg.MediaURL != "" {
		return byHost(h.cfg.MediaURL, media, mux), nil
	}
	return mux, nil
}

// sameOrigin refuses requests that change something when a browser says that
// another site's page makes them. Programs, which send no such headers, and
// requests with a key of their own are let through: they carry no cookie.
func sameOrigin(base string, next http.Handler, problem bool) http.Handler {
	p := http.NewCrossOriginProtection()
	if err := p.AddTrustedOrigin(base); err != nil {
		panic("app: the base URL was checked and is no origin: " + err.Error())
	}
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if problem {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"type":"about:blank","title":"Another site's page may not do this here.","status":403,"code":"request.cross_origin"}`))
			return
		}
		http.Error(w, "Another site's page may not do this here.", http.StatusForbidden)
	}))
	return p.Handler(next)
}

// byHost gives the media host nothing but bytes, and the application's host no
// bytes of files, so that they never share an origin.
func byHost(mediaURL string, media, rest http.Handler) http.Handler {
	host := mediaURL[strings.Index(mediaURL, "://")+3:]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isBytes := strings.HasPrefix(r.URL.Path, "/d/") || strings.HasPrefix(r.URL.Path, "/r/")
		switch {
		case strings.EqualFold(r.Host, host) && isBytes:
			media.ServeHTTP(w, r)
		case strings.EqualFold(r.Host, host) && r.URL.Path != "/healthz" && r.URL.Path != "/readyz", isBytes:
			http.NotFound(w, r)
		default:
			rest.ServeHTTP(w, r)
		}
	})
}
