// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/delivery"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// The large file: more than 4 GiB of nothing, and an end.
const (
	hugeSize = 1<<32 + 5000
	hugeEnd  = "the end"
	hugeSum  = "3d38e5fb6297a30d039cc30f17a5b6a548412bcd23508dfdf0f26a4949086298" // SHA-256
)

// huge is a store in which one blob is made up when it is read.
type huge struct {
	blob.Store
	key blob.Key
}

// Open implements blob.Store.
func (h huge) Open(ctx context.Context, key blob.Key) (blob.Reader, error) {
	if key != h.key {
		return h.Store.Open(ctx, key)
	}
	return &hugeReader{Reader: io.MultiReader(io.LimitReader(nothing{}, hugeSize-int64(len(hugeEnd))), strings.NewReader(hugeEnd))}, nil
}

type hugeReader struct{ io.Reader }

func (*hugeReader) Close() error    { return nil }
func (*hugeReader) Size() int64     { return hugeSize }
func (*hugeReader) Info() blob.Info { return blob.Info{Size: hugeSize} }

// nothing is zeros without end.
type nothing struct{}

// Read implements io.Reader.
func (nothing) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// sparse is a file in which zeros take no space.
type sparse struct {
	f  *os.File
	at int64
}

var zeros = make([]byte, 256<<10)

// Write implements io.Writer.
func (s *sparse) Write(p []byte) (int, error) {
	var err error
	if len(p) > len(zeros) || !bytes.Equal(p, zeros[:len(p)]) {
		_, err = s.f.WriteAt(p, s.at)
	}
	s.at += int64(len(p))
	return len(p), err
}

// more makes another asset of the world's folder; nothing is stored.
func (w *world) more(name string, size int64, sum string) (id.Asset, blob.Key) {
	w.t.Helper()
	a, r := id.New[id.Asset](), id.New[id.Revision]()
	key := "originals/" + strings.TrimPrefix(r.String(), "rev_")
	sha, err := hex.DecodeString(sum)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := pg.In(w.t.Context(), w.db, w.Tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(w.t.Context(), `
			insert into asset (id, tenant_id, folder_id, acl_id, kind, state, revision_id, name, media_type, size, sha256, created_at, created_by, updated_at)
			select $1, $2, f.id, f.acl_id, 'other', 'ready', $4, $8, 'application/octet-stream', $5, $6, $7, 'acc_other', $7 from folder f where f.id = $3`,
			a, w.Tenant, w.Root, r, size, sha, w.now(), name); err != nil {
			return err
		}
		_, err := tx.Exec(w.t.Context(), `
			insert into revision (id, tenant_id, asset_id, number, blob_key, name, media_type, size, sha256, created_at, created_by)
			values ($1, $2, $3, 1, $4, 'x', 'application/octet-stream', $5, $6, $7, 'acc_other')`, r, w.Tenant, a, key, size, sha, w.now())
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return a, blob.Key(key)
}

// hugeArchive writes an archive of a small file, one of more than 4 GiB and a
// small one behind it, as it leaves the server, into a file full of holes.
func hugeArchive(t *testing.T) (w *world, path string) {
	t.Helper()
	w = newWorld(t, 1000)
	big, key := w.more("film.bin", hugeSize, hugeSum)
	sum := strings.Trim(w.etag, `"`)
	last, lastKey := w.more("last.png", int64(len(w.bytes)), sum)
	w.put(string(lastKey), w.bytes)
	service := delivery.New(w.db, huge{w.store, key}, w.delivery.Signer, w.now)
	service.Recall = w.delivery.Recall
	a, err := service.IssueArchive(t.Context(), w.who, delivery.ArchiveRequest{Assets: []id.Asset{w.asset, big, last}, Variant: delivery.Original})
	if err != nil || a.Items != 3 || a.Bytes != hugeSize+2000 {
		t.Fatal(a, err)
	}
	b, err := service.RedeemArchive(t.Context(), strings.TrimPrefix(a.URL, "/d/"), false)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "huge.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	to := &sparse{f: f}
	if err := b.Write(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(to.at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return w, path
}

// reads has another program read the archive.
func reads(t *testing.T, argv ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v: %s", argv[0], err, out)
	}
	return string(out)
}

// An archive of more than 4 GiB, with a file of more than 4 GiB in it and others
// behind it, is a ZIP64 in which other programs find what there is. The heavier
// suite has them read all of it: see zip64_whole_test.go.
func TestAnArchiveOfMoreThanFourGiBIsAZIP64(t *testing.T) {
	t.Parallel()
	w, path := hugeArchive(t)
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	var names []string
	var behind int64
	for _, f := range z.File {
		names = append(names, fmt.Sprint(f.Name, " ", f.UncompressedSize64))
		if behind, err = f.DataOffset(); err != nil {
			t.Fatal(err)
		}
	}
	if len(names) != 5 || names[0] != "Årsmöte.jpg 1000" || names[1] != fmt.Sprintf("film.bin %d", int64(hugeSize)) || behind <= hugeSize {
		t.Errorf("%q, the last at %d", names, behind)
	}
	got, err := z.Open("last.png")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(got); err != nil || !bytes.Equal(b, w.bytes) {
		t.Error("what stands behind the large file:", len(b), err)
	}
	const script = `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
print(len(z.read('last.png')), z.getinfo('film.bin').file_size, z.getinfo('last.png').header_offset > 1 << 32)`
	if got := reads(t, "python3", "-c", script, path); strings.TrimSpace(got) != fmt.Sprintf("1000 %d True", int64(hugeSize)) {
		t.Error("python3:", got)
	}
	if got := reads(t, "unzip", "-p", path, "last.png"); got != string(w.bytes) {
		t.Errorf("unzip: %d bytes", len(got))
	}
	if got := reads(t, "unzip", "-l", path); !strings.Contains(got, fmt.Sprint(int64(hugeSize), " ")) || !strings.Contains(got, "5 files") {
		t.Error("unzip:", got)
	}
	if st, err := os.Stat(path); err != nil || st.Size() <= hugeSize {
		t.Error(st, err)
	}
}

// What one archive may hold stays below the number from which ZIP counts files
// in another way.
func TestAnArchivesFilesCanBeCountedByOldReaders(t *testing.T) {
	t.Parallel()
	if delivery.MaxArchive+2 >= 1<<16-1 {
		t.Errorf("%d files and the manifest: have readers try that", delivery.MaxArchive)
	}
	w := newWorld(t, 1000)
	w.grant(access.View | access.DownloadOriginal)
	_, err := w.delivery.IssueArchive(t.Context(), w.who, delivery.ArchiveRequest{Assets: make([]id.Asset, delivery.MaxArchive+1), Variant: delivery.Original})
	if err == nil || !strings.Contains(err.Error(), "10000") {
		t.Error(err)
	}
}
