// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/document"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/picture"
	"tillgang/internal/rendition"
	"tillgang/internal/sandbox"
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

// wordDocument is a .docx with these paragraphs, and a title.
func wordDocument(title string, paragraphs ...string) []byte {
	var body strings.Builder
	for _, p := range paragraphs {
		body.WriteString("<w:p><w:r><w:t>" + p + "</w:t></w:r></w:p>")
	}
	return zipped(
		"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"docProps/core.xml", `<c:coreProperties xmlns:c="c" xmlns:dc="d"><dc:title>`+title+`</dc:title><c:keywords>vatten, avlopp</c:keywords></c:coreProperties>`,
		"word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+body.String()+`</w:body></w:document>`)
}

func zipped(files ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, _ := z.Create(files[i])
		_, _ = f.Write([]byte(files[i+1]))
	}
	_ = z.Close()
	return b.Bytes()
}

func TestAnOfficeDocumentIsReadWithoutLibreOffice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "a.docx", wordDocument("Protokoll", "Vattenledningen", "Beslut"))
	w.work(t)
	got := w.get(t, a.ID)
	if got.State != asset.Ready || got.StateCode != ingest.CodeNoPages || got.Fields["title"].Text() != "Protokoll" || got.Fields["keywords"].Text() != "vatten, avlopp" {
		t.Errorf("%s %s (%s): %v", got.State, got.StateCode, got.StateReason, got.Fields)
	}
	if d := cmp.Diff(map[int]string{1: "Vattenledningen\nBeslut"}, w.text(t, got.Revision)); d != "" {
		t.Error(d)
	}
}

// program builds one of the programs that only the sandbox starts.
func program(t *testing.T, name string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", exe, "tillgang/cmd/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// withPages gives the world libvips and LibreOffice.
func (w *world) withPages(t *testing.T) {
	t.Helper()
	dir, remove, err := w.box.Scratch(t.Context())
	must(t, err)
	defer remove()
	vips, err := picture.ProbeVips(t.Context(), dir, program(t, "tillgang-vips"), w.run)
	if err != nil {
		t.Fatalf("%v (run make setup)", err)
	}
	office, ok := document.FindOffice()
	if !ok {
		t.Fatal("LibreOffice is missing (run make setup)")
	}
	reader := document.Reader{Exe: os.Args[0], Run: w.run, Kit: program(t, "tillgang-office"), Office: office}
	reader.Slow = func(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
		r, err := w.box.Run(ctx, sandbox.Task{
			Dir: dir, Read: inputs, Argv: argv, Env: []string{"GODEBUG=asyncpreemptoff=1"},
			Limits: sandbox.Limits{Memory: 4 << 30, CPU: 120 * time.Second, Wall: 120 * time.Second},
		})
		return r.Stdout, err
	}
	w.renditions = rendition.New(w.db, w.store, w.Service, vips, w.clock.now)
	w.renditions.Scratch = w.box.Scratch
	w.Render, w.Reads = w.renditions.Make, w.renditions.Reads
	w.Makers = append(w.Makers, ingest.Maker{
		Name: "office", Reads: reader.Converts,
		Make: func(ctx context.Context, of ingest.Original) (ingest.StandIn, error) {
			path, err := reader.ToPDF(ctx, of.Dir, of.Path, of.MediaType)
			return ingest.StandIn{Path: path, MediaType: picture.TypePDF, Origin: ingest.Converted}, err
		},
	})
}

func TestPagesOfAnOfficeDocumentAreThoseOfItsPDF(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withPages(t)
	a := w.receive(t, "a.docx", wordDocument("Protokoll", "Vattenledningen", `Beslut</w:t><w:br w:type="page"/><w:t>Sida två`))
	remote := w.receive(t, "b.odt", zipped("mimetype", "application/vnd.oasis.opendocument.text",
		"META-INF/manifest.xml", `<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.text"/><m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>`,
		"content.xml", `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"><office:body><office:text><text:p>Text</text:p><draw:frame><draw:image xlink:href="http://127.0.0.1:9/odt-img"/></draw:frame></office:text></office:body></office:document-content>`))
	w.work(t)
	got := w.get(t, a.ID)
	if got.State != asset.Ready || got.StateCode != "" || got.Pages == nil || *got.Pages != 2 {
		t.Errorf("%s %s (%s): %v pages", got.State, got.StateCode, got.StateReason, got.Pages)
	}
	if d := cmp.Diff(map[int]string{1: "Vattenledningen\nBeslut", 2: "Sida två"}, w.text(t, got.Revision)); d != "" {
		t.Error(d)
	}
	if end := w.ended(t, a.ID); end.Renditions != three {
		t.Errorf("%+v", end)
	}
	r, pages, err := w.renditions.Page(t.Context(), w.who, a.ID, 2)
	if err != nil || pages != 2 || r.Width == 0 || r.Revision != got.Revision {
		t.Errorf("page 2 of %d: %+v, %v", pages, r, err)
	}
	if text, err := w.PageText(t.Context(), w.who, a.ID, r.Revision, 2); err != nil || text != "Sida två" {
		t.Errorf("%q, %v", text, err)
	}
	if _, _, err := w.renditions.Page(t.Context(), w.who, a.ID, 3); fault.CodeOf(err) != "page.not_found" {
		t.Errorf("page 3 of 2: %v", err)
	}
	if got := w.get(t, remote.ID); got.State != asset.Ready {
		t.Errorf("%s %s (%s)", got.State, got.StateCode, got.StateReason)
	}
}

func TestWhatAContainerHoldsIsListedForWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	archive := w.receive(t, "a.zip", zipped("mapp/en.txt", "abc", "../\u202etva.txt", "defg"))
	plain := w.receive(t, "a.txt", []byte("bara text"))
	hostile := w.receive(t, "b.docx", zipped("[Content_Types].xml", `<!DOCTYPE x><Types/>`, "word/document.xml", "<x/>"))
	w.work(t)
	c, err := w.Contents(t.Context(), w.who, archive.ID)
	must(t, err)
	if c.Form != "archive" || c.Entries != 2 || c.Size != 7 || len(c.Items) != 2 || c.Items[1].Name != "../tva.txt" {
		t.Errorf("%+v", c)
	}
	if c, err := w.Contents(t.Context(), w.who, plain.ID); err != nil || c.Form != "" {
		t.Errorf("%+v, %v", c, err)
	}
	stranger := w.who
	stranger.Own = access.Grant{}
	if _, err := w.Contents(t.Context(), stranger, archive.ID); fault.CodeOf(err) != "asset.not_found" {
		t.Error(err)
	}
	if got := w.get(t, hostile.ID); got.State != asset.Failed || got.StateCode != document.CodeUnsafe {
		t.Errorf("%s %s", got.State, got.StateCode)
	}
}

func TestProtectedAndActiveDocumentsEndInANamedState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "plain.pdf")
	must(t, os.WriteFile(path, textPDF("Hemligt", "Text"), 0o600))
	locked := byTool(t, "locked.pdf", "qpdf", "--encrypt", "user", "owner", "256", "--", path, "OUT")
	active := bytes.Replace(textPDF("Aktivt", "Text"), []byte("/Type /Catalog"), []byte("/Type /Catalog /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), 1)
	numbers := w.receive(t, "intyg.txt", []byte("Personnummer: 811228-9874, 19811228-9874 och 131052-308T."))
	for name, c := range map[string]struct {
		content []byte
		state   asset.State
		code    string
	}{
		"locked.pdf":  {locked, asset.Failed, document.CodeEncrypted},
		"active.pdf":  {active, asset.Ready, ""},
		"locked.odt":  {zipped("mimetype", "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml", "<m><encryption-data/></m>"), asset.Failed, document.CodeEncrypted},
		"formula.csv": {[]byte("a,b\n=HYPERLINK(\"http://127.0.0.1:9/csv\",\"x\"),@SUM(1+1)\n"), asset.Ready, ""},
		"many.zip":    {zipped(make([]string, 2*2000)...), asset.Ready, ""},
	} {
		a := w.receive(t, name, c.content)
		must(t, w.Inspect(t.Context(), access.HouseActor(w.tenant, "test"), a.ID, a.Revision))
		if got := w.get(t, a.ID); got.State != c.state || got.StateCode != c.code {
			t.Errorf("%s: %s %s (%s)", name, got.State, got.StateCode, got.StateReason)
		}
	}
	must(t, w.Inspect(t.Context(), access.HouseActor(w.tenant, "test"), numbers.ID, numbers.Revision))
	if d := cmp.Diff([]string{"fi.henkilotunnus", "se.personnummer"}, w.get(t, numbers.ID).Sensitive); d != "" {
		t.Error(d)
	}
}
