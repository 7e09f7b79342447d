// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gin-gonic/gin"

	"tillgang/api"
	"tillgang/internal/access"
	"tillgang/internal/fault"
)

// operation is what the contract says of one route beside its shape.
type operation struct {
	id         string
	permission string // "public", "signed-in" or a permission's wire name
	audit      string // the deed it leaves in the log; empty for reading, changesNothing for reading with a body
}

// contract is api/openapi.yaml.
type contract struct {
	doc    *openapi3.T
	router routers.Router
	byID   map[string]operation
	routes map[string]operation // "GET /api/v1/assets/:id", as Gin names it
}

var pathParameter = regexp.MustCompile(`\{([a-z_]+)\}`)

// theContract is read once in a process; nobody changes it.
var theContract = sync.OnceValues(readContract)

// Prepare reads the contract ahead of New, which else does: it is most of the
// work of a start and needs nothing of the others.
func Prepare() { _, _ = theContract() }

// readContract parses the contract and refuses one that forgets to say who may
// do what: an operation without a permission never gets a route.
func readContract() (*contract, error) {
	knowXMP()
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	c := &contract{doc: doc, byID: map[string]operation{}, routes: map[string]operation{}}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			op := operation{id: o.OperationID}
			op.permission, _ = o.Extensions["x-permission"].(string)
			op.audit, _ = o.Extensions["x-audit"].(string)
			if _, _, known := access.Parse([]string{op.permission}); !known && op.permission != "public" && op.permission != "signed-in" {
				return nil, fmt.Errorf("operation %s has no x-permission that is known: %q", op.id, op.permission)
			}
			if !reads(method) && op.audit == "" {
				return nil, fmt.Errorf("operation %s changes something and has no x-audit", op.id)
			}
			c.byID[op.id] = op
			c.routes[method+" "+pathParameter.ReplaceAllString(path, ":$1")] = op
		}
	}
	if c.router, err = gorillamux.NewRouter(doc); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	return c, nil
}

// changesNothing stands in the contract where a deed's name would, at operations
// that are sent like a change and are none.
const changesNothing = "none"

// reads reports whether requests of a method change nothing that is a deed.
func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

const operationKey = "tillgang.operation"

// operationOf returns the operation of the request, zero for routes outside the contract.
func operationOf(c *gin.Context) operation {
	op, _ := c.Value(operationKey).(operation)
	return op
}

// find notes which operation the request is for. Routes outside the contract have none.
func (s *server) find(c *gin.Context) {
	if op, ok := s.contract.routes[c.Request.Method+" "+c.FullPath()]; ok {
		c.Set(operationKey, op)
	}
}

// validate holds the request against the contract before any code sees it.
func (s *server) validate(c *gin.Context) {
	if op := operationOf(c).id; op == "" || tusOps[op] {
		return // the protocol's own headers and statuses: see tus.go
	}
	route, params, err := s.contract.router.FindRoute(c.Request)
	if err == nil && route.Operation.OperationID != operationOf(c).id {
		err = errors.New("an escaped slash stands for another address")
	}
	for name, escaped := range params { // as they came: 1%3A1 is 1:1
		if err == nil {
			params[name], err = url.PathUnescape(escaped)
		}
	}
	if err != nil {
		s.fail(c, malformed(err))
		return
	}
	multipart := strings.HasPrefix(c.ContentType(), "multipart/form-data")
	if takesFile(operationOf(c).id) && !multipart {
		s.fail(c, fault.New(fault.Invalid, "request.malformed", "Send the file as multipart/form-data with the field `file`."))
		return
	}
	if err := readable(c.Request, multipart); err != nil {
		s.fail(c, err)
		return
	}
	held := c.Request
	if multipart {
		// The library reads the body whole before it asks who may, though it is
		// told not to look at it: a streamed one must not be there to read.
		held = c.Request.WithContext(c.Request.Context())
		held.Body = http.NoBody
	}
	err = openapi3filter.ValidateRequest(c.Request.Context(), &openapi3filter.RequestValidationInput{
		Request: held, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			ExcludeRequestBody: multipart, // streamed; its handler checks the parts
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
			MultiError:         true,
		},
	})
	if err != nil {
		s.fail(c, wrongInput(err))
	}
}

// readable refuses what no field can hold: text that is not UTF-8 or has NUL in
// it, which Postgres does not store, and a body that is anything but one JSON
// value. A form is streamed, and its parts are looked at by their handler.
func readable(r *http.Request, form bool) error {
	if strings.ContainsRune(r.URL.Path, 0) || !utf8.ValidString(r.URL.Path) {
		return malformed(errors.New("the path is not UTF-8"))
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return malformed(err)
	}
	for name, list := range values {
		for _, v := range append(list, name) {
			if strings.ContainsRune(v, 0) || !utf8.ValidString(v) {
				return malformed(errors.New("a parameter is not UTF-8"))
			}
		}
	}
	if form || r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b, err := io.ReadAll(r.Body)
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return err
	}
	if err != nil {
		return malformed(err)
	}
	if len(b) > 0 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") && (!utf8.Valid(b) || !json.Valid(b)) {
		return malformed(errors.New("the body is not one JSON value"))
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	return nil
}

// wrongInput translates what the validator found into a fault that names each
// field. It shows what the contract wants, never what was sent.
func wrongInput(err error) error {
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLong
	}
	fields := map[string]string{}
	collect(err, "", fields)
	f := fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", fields)
	if len(fields) == 0 {
		f = fault.New(fault.Invalid, "request.malformed", "The request is not as the API describes it. See /api/docs.")
	}
	f.Err = err
	return f
}

func collect(err error, where string, into map[string]string) {
	switch e := err.(type) { //nolint:errorlint // the tree of wrapped errors is walked here on purpose
	case openapi3.MultiError:
		for _, one := range e {
			collect(one, where, into)
		}
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			where = e.Parameter.Name
		}
		if e.Err == nil {
			put(into, where, e.Reason)
			return
		}
		collect(e.Err, where, into)
	case *openapi3.SchemaError:
		if e.Origin != nil {
			collect(e.Origin, where, into)
			return
		}
		if p := e.JSONPointer(); len(p) > 0 {
			where = strings.Join(p, "/")
		}
		put(into, where, e.Reason)
	case *openapi3filter.ParseError:
		put(into, where, "cannot be read")
	default:
		if inner := errors.Unwrap(err); inner != nil {
			collect(inner, where, into)
			return
		}
		put(into, where, "is not as the API wants it")
	}
}

func put(into map[string]string, where, reason string) {
	if where == "" {
		where = "body"
	}
	if _, there := into[where]; !there && len(into) < 20 {
		into[where] = reason
	}
}
