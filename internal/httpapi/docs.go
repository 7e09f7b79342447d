// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"tillgang/api"
)

//go:embed docs.html
var docsHTML string

// The documentation is one page without scripts, written from the contract when
// somebody first asks for it; it needs nothing from outside.

type docsPage struct {
	Title, Version string
	Intro          []string
	Tags           []docsTag
	Schemas        []docsSchema
}

type docsTag struct {
	Name, Text string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Permission, Audit string
	Text                                         []string
	Parameters                                   []docsField
	Body                                         []docsField
	BodyType                                     string
	Answers                                      []docsAnswer
}

type docsField struct {
	Name, In, Type, Ref, Text string
	Required                  bool
}

type docsAnswer struct{ Status, Text, Ref string }

type docsSchema struct {
	Name, Text, Type string
	Fields           []docsField
}

// documentation hangs /api/docs and the contract itself.
func (s *server) documentation(r *gin.Engine) {
	page := sync.OnceValue(func() []byte { return renderDocs(s.contract.doc) })
	r.GET("/api/docs", func(c *gin.Context) {
		c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusOK, "text/html; charset=utf-8", page())
	})
	r.GET("/api/openapi.yaml", func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusOK, "application/yaml", api.OpenAPI)
	})
}

func renderDocs(doc *openapi3.T) []byte {
	p := docsPage{Title: doc.Info.Title, Version: doc.Info.Version, Intro: paragraphs(doc.Info.Description)}
	for _, t := range doc.Tags {
		p.Tags = append(p.Tags, docsTag{Name: t.Name, Text: t.Description})
	}
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			o := item.Operations()[method]
			if o == nil {
				continue
			}
			i := slices.IndexFunc(p.Tags, func(t docsTag) bool { return t.Name == o.Tags[0] })
			p.Tags[i].Operations = append(p.Tags[i].Operations, docsOf(path, method, item, o))
		}
	}
	for i := range p.Tags {
		slices.SortStableFunc(p.Tags[i].Operations, func(a, b docsOperation) int { return cmp.Compare(a.Path, b.Path) })
	}
	for name, ref := range doc.Components.Schemas {
		p.Schemas = append(p.Schemas, docsSchema{name, ref.Value.Description, typeOf(ref.Value), fieldsOf(ref.Value)})
	}
	slices.SortFunc(p.Schemas, func(a, b docsSchema) int { return cmp.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	if err := template.Must(template.New("docs").Funcs(template.FuncMap{"code": code}).Parse(docsHTML)).Execute(&b, p); err != nil {
		panic("httpapi: the documentation's template is broken: " + err.Error())
	}
	return b.Bytes()
}

func docsOf(path, method string, item *openapi3.PathItem, o *openapi3.Operation) docsOperation {
	op := docsOperation{ID: o.OperationID, Method: method, Path: path, Summary: o.Summary, Text: paragraphs(o.Description)}
	op.Permission, _ = o.Extensions["x-permission"].(string)
	if op.Audit, _ = o.Extensions["x-audit"].(string); op.Audit == changesNothing {
		op.Audit = ""
	}
	for _, p := range slices.Concat(item.Parameters, o.Parameters) {
		f := fieldOf(p.Value.Name, p.Value.Schema, p.Value.Required)
		f.In, f.Text = p.Value.In, cmp.Or(p.Value.Description, f.Text)
		op.Parameters = append(op.Parameters, f)
	}
	if o.RequestBody != nil {
		for kind, media := range o.RequestBody.Value.Content {
			op.BodyType, op.Body = kind, fieldsOf(media.Schema.Value)
		}
	}
	for status, r := range o.Responses.Map() {
		a := docsAnswer{Status: status, Text: *r.Value.Description}
		for _, media := range r.Value.Content {
			if media.Schema != nil {
				a.Ref = refName(media.Schema.Ref)
			}
		}
		if status == "default" {
			a.Status = "4xx, 5xx"
		}
		op.Answers = append(op.Answers, a)
	}
	slices.SortFunc(op.Answers, func(a, b docsAnswer) int { return cmp.Compare(a.Status, b.Status) })
	return op
}

func fieldsOf(s *openapi3.Schema) []docsField {
	out := make([]docsField, 0, len(s.Properties))
	for name, p := range s.Properties {
		out = append(out, fieldOf(name, p, slices.Contains(s.Required, name)))
	}
	slices.SortFunc(out, func(a, b docsField) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func fieldOf(name string, p *openapi3.SchemaRef, required bool) docsField {
	return docsField{Name: name, Type: typeOf(p.Value), Ref: refName(p.Ref), Text: p.Value.Description, Required: required}
}

func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func typeOf(s *openapi3.Schema) string {
	var parts []string
	if s.Type != nil {
		parts = append(parts, strings.Join(s.Type.Slice(), " or "))
	}
	if s.Format != "" {
		parts = append(parts, s.Format)
	}
	if s.Items != nil {
		parts = append(parts, "of "+cmp.Or(refName(s.Items.Ref), typeOf(s.Items.Value)))
	}
	if len(s.Enum) > 0 {
		var of []string
		for _, e := range s.Enum {
			if v, ok := e.(string); ok {
				of = append(of, v)
			}
		}
		parts = append(parts, "("+strings.Join(of, ", ")+")")
	}
	return strings.Join(parts, " ")
}

func paragraphs(s string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// code renders the little Markdown that the contract uses: `code` and **strong**.
func code(s string) template.HTML {
	s = template.HTMLEscapeString(s)
	for _, m := range []struct{ mark, tag string }{{"**", "strong"}, {"`", "code"}} {
		parts := strings.Split(s, m.mark)
		for i := 1; i < len(parts); i += 2 {
			parts[i] = "<" + m.tag + ">" + parts[i] + "</" + m.tag + ">"
		}
		s = strings.Join(parts, "")
	}
	return template.HTML(s) //nolint:gosec // G203: escaped above; the text is our own contract
}
