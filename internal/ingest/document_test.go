// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/asset"
	"tillgang/internal/id"
)

// textPDF has one page for each text (ISO 32000-1 §9.4).
func textPDF(title string, pages ...string) []byte {
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>", "<< /Title (" + title + ") >>"}
	kids := ""
	for _, text := range pages {
		content := "BT /F1 24 Tf 72 700 Td (" + text + ") Tj ET"
		kids += fmt.Sprintf("%d 0 R ", len(objects)+1)
		objects = append(objects,
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>", len(objects)+2),
			fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content))
	}
	objects[1] = fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", kids, len(pages))
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.4\n")
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

// text reads back what is kept of a revision's text, by page.
func (w *world) text(t *testing.T, rev id.Revision) map[int]string {
	t.Helper()
	out := map[int]string{}
	w.in(t, func(tx tx) error {
		rows, err := tx.Query(t.Context(), "select page, text from document_page where revision_id = $1", rev)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			var s string
			if err := rows.Scan(&n, &s); err != nil {
				return err
			}
			out[n] = s
		}
		return rows.Err()
	})
	return out
}

func TestTheTextOfAPDFIsKeptByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "a.pdf", textPDF("Protokoll", "Kommunfullm\\344ktige", "", "Beslut om parken"))
	w.work(t)
	got := w.get(t, a.ID)
	if got.State != asset.Ready || got.Pages == nil || *got.Pages != 3 || got.Fields["title"].Text() != "Protokoll" {
		t.Errorf("%s (%s), %v pages, title %q", got.State, got.StateReason, got.Pages, got.Fields["title"].Text())
	}
	if d := cmp.Diff(map[int]string{1: "Kommunfullmäktige", 3: "Beslut om parken"}, w.text(t, got.Revision)); d != "" {
		t.Error(d)
	}
}
