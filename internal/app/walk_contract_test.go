// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"tillgang/api"
)

// contract is api/openapi.yaml with a way to find the operation of a request.
var contract = sync.OnceValues(func() (c struct {
	doc    *openapi3.T
	router routers.Router
}, err error,
) {
	if c.doc, err = openapi3.NewLoader().LoadFromData(api.OpenAPI); err != nil {
		return c, err
	}
	c.router, err = gorillamux.NewRouter(c.doc)
	return c, err
})

// keepsContract holds an answer of the API against its contract.
func (w *world) keepsContract(r *http.Request, a answer) {
	w.t.Helper()
	if wrong := breaksContract(r, a); wrong != "" {
		w.t.Errorf("%s %s: %d breaks the contract: %s\n%.2000s", r.Method, r.URL.Path, a.status, wrong, a.body)
	}
}

func breaksContract(r *http.Request, a answer) string {
	if !strings.HasPrefix(r.URL.Path, "/api/v1/") {
		return ""
	}
	if a.status == http.StatusMovedPermanently || a.status == http.StatusTemporaryRedirect {
		return "" // to the same address, written properly
	}
	c, err := contract()
	if err != nil {
		return err.Error()
	}
	kind := a.header.Get("Content-Type")
	if a.status >= 400 && kind != "application/problem+json" {
		return "a failure is of the type " + kind
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" {
		return "no nosniff"
	}
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		if a.status < 400 {
			return "an answer where the contract has nothing"
		}
		return ""
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 a.status, Header: a.header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	in.SetBodyBytes(a.body)
	if err := openapi3filter.ValidateResponse(r.Context(), in); err != nil {
		return err.Error()
	}
	return ""
}

// operations runs fn for every operation of the contract.
func operations(t *testing.T, fn func(method, path string, o *openapi3.Operation)) {
	t.Helper()
	c, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range c.doc.Paths.Map() {
		for method, o := range item.Operations() {
			fn(method, path, o)
		}
	}
}

func TestTheContractCheckSeesWhatIsWrong(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/api/v1/roles", nil)
	if err != nil {
		t.Fatal(err)
	}
	head := http.Header{"Content-Type": {"application/json"}, "X-Content-Type-Options": {"nosniff"}}
	for body, right := range map[string]bool{`{"items":[]}`: true, `{}`: false, `{"items":[{"id":"x"}]}`: false, `nothing`: false} {
		if wrong := breaksContract(r, answer{200, head, []byte(body)}); (wrong == "") != right {
			t.Errorf("%s: %q", body, wrong)
		}
	}
	if breaksContract(r, answer{500, head, []byte(`{}`)}) == "" {
		t.Error("a failure that is no problem was let through")
	}
}
