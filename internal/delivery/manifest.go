// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tillgang/internal/plain"
)

// manifest is the last of an archive: what it has, and what not.
type manifest struct {
	Archive string         `json:"archive"`
	MadeAt  time.Time      `json:"made_at"`
	Variant string         `json:"variant"`
	Items   []manifestItem `json:"items"`
	LeftOut []manifestNote `json:"left_out"`

	bytes int64
}

type manifestItem struct {
	Path      string `json:"path"`
	Asset     string `json:"asset"`
	SHA256    string `json:"sha256"`
	Size      int64  `json:"size"`
	MediaType string `json:"media_type"`
}

type manifestNote struct {
	Asset  string `json:"asset"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// write adds the manifest as JSON and as CSV.
func (m *manifest) write(z *zip.Writer) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: "manifest.csv", Method: zip.Deflate, Modified: m.MadeAt})
	if err != nil {
		return err
	}
	c := csv.NewWriter(w)
	_ = c.Write([]string{"path", "asset", "sha256", "size", "media_type", "note"}) // a csv.Writer keeps its first error
	for _, i := range m.Items {
		_ = c.Write([]string{inert(i.Path), i.Asset, i.SHA256, strconv.FormatInt(i.Size, 10), i.MediaType, ""})
	}
	for _, n := range m.LeftOut {
		_ = c.Write([]string{"", n.Asset, "", "", "", n.Reason})
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	if w, err = z.CreateHeader(&zip.FileHeader{Name: "manifest.json", Method: zip.Deflate, Modified: m.MadeAt}); err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(m)
}

// inert keeps spreadsheets from taking a name for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// names keeps the paths of an archive apart, also where upper and lower case
// are the same.
type names struct{ files, folders map[string]bool }

func newNames() names {
	return names{files: map[string]bool{"manifest.csv": true, "manifest.json": true}, folders: map[string]bool{}}
}

// maxFolderName is how many bytes a folder's name may have, maxFolders how deep they go.
const (
	maxFolderName = 60
	maxFolders    = 12
)

// folder makes a path of folders' names that any system can unpack and none is
// led outside by.
func (n names) folder(list []string) string {
	p := ""
	for _, name := range list[:min(len(list), maxFolders)] {
		name = safeName(name, "")
		for len(name) > maxFolderName {
			_, k := utf8.DecodeLastRuneInString(name)
			name = name[:len(name)-k]
		}
		name = trim(name)
		for n.files[plain.Fold(p+name)] {
			name += "_"
		}
		p += name
		n.folders[plain.Fold(p)] = true
		p += "/"
	}
	return p
}

// unique returns a path in the folder that nothing has yet.
func (n names) unique(folder, name string) string {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for i := 2; ; i++ {
		p := folder + name
		if k := plain.Fold(p); !n.files[k] && !n.folders[k] {
			n.files[k] = true
			return p
		}
		name = stem + " (" + strconv.Itoa(i) + ")" + ext
	}
}
