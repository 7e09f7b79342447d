// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// pagesOf is a PDF with a text on each page.
func pagesOf(texts ...string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	kids, objects := "", []string{"<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}
	for _, text := range texts {
		n := len(objects) + 1
		kids += fmt.Sprintf("%d 0 R ", n)
		stream := "BT /F1 24 Tf 72 700 Td (" + text + ") Tj ET"
		objects = append(objects, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>", n+1),
			fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(stream), stream))
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids, len(texts))
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return []byte(b.String())
}

// What stands in a document is found by its words, with the page it stands on
// and the words about it, whichever door the document came in by; and what is
// found is what was read in the end, not what was known when it came.
func TestTheTextOfDocumentsIsFoundThroughBothDoors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	for door, send := range map[string]func(name string, content []byte) string{
		"form": func(name string, content []byte) string {
			var a wireAsset
			if got := w.upload(who, name, content); got.status == http.StatusCreated {
				got.into(t, &a)
			} else {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			return a.ID
		},
		"tus": func(name string, content []byte) string {
			at := tusBegin(t, w, who, name, len(content))
			half := len(content) / 2
			tusSend(t, w, who, at, 0, content[:half])
			return tusSend(t, w, who, at, int64(half), content[half:])
		},
	} {
		word := func(sort string) string { return sort + door + "ordet" }
		ids := map[string]string{
			"pdf":  send("protokoll.pdf", pagesOf("Dagordning", "Beslut om "+word("pdf")+" i kommunen", "Slut")),
			"docx": send("brev.docx", zipOf(t, 8, map[string]string{"[Content_Types].xml": "<Types/>", "word/document.xml": `<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Ett brev om ` + word("docx") + ` i kommunen.</w:t></w:r></w:p></w:body></w:document>`})),
			"odt": send("text.odt", odt(t, `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>En text om `+
				word("odt")+` i kommunen.</text:p></office:text></office:body></office:document-content>`)),
			"html": send("sida.html", []byte("<!doctype html><meta charset=utf-8><title>Sida</title><script>var "+word("skript")+"</script><p>En sida om <b>"+word("html")+"</b> i kommunen.")),
		}
		for sort, of := range ids {
			if a := w.settled(who, of); a.State != "ready" {
				t.Errorf("%s by %s is %s (%s): %s", sort, door, a.State, a.StateCode, a.StateReason)
			}
		}
		for sort, of := range ids {
			page := map[bool]int{true: 2, false: 1}[sort == "pdf"]
			for _, q := range []string{word(sort), strings.ToUpper(word(sort)), "text:" + word(sort), word(sort) + " kommun"} {
				w.standsOn(who, q, of, page, word(sort))
			}
		}
		if got := w.find(who, "q="+word("skript")); len(got.Items) != 0 {
			t.Errorf("a script's words are found: %+v", got.Items)
		}
	}
}

// standsOn holds a search against finding one document, on one page.
func (w *world) standsOn(who asker, q, asset string, page int, word string) {
	w.t.Helper()
	var got struct {
		Items    []wireAsset
		PageHits []struct {
			Asset, Text string
			Page        int
		} `json:"page_hits"`
	}
	a := w.do(who, "GET", "/api/v1/assets?q="+url.QueryEscape(q), nil)
	a.into(w.t, &got)
	if len(got.Items) != 1 || got.Items[0].ID != asset {
		w.t.Errorf("%s finds %d, want %s: %.500s", q, len(got.Items), asset, a.body)
		return
	}
	if len(got.PageHits) != 1 || got.PageHits[0].Asset != asset || got.PageHits[0].Page != page || !strings.Contains(got.PageHits[0].Text, word) {
		w.t.Errorf("%s: page hits %s", q, a.body)
	}
}
