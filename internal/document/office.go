// SPDX-License-Identifier: Apache-2.0

package document

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// office lists what LibreOffice makes pages of, by the extension under which it
// gets to see the file. It looks at the content all the same.
var office = map[string]string{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
	"application/vnd.ms-word.document.macroenabled.12":                          "docm",
	"application/vnd.ms-excel.sheet.macroenabled.12":                            "xlsm",
	"application/vnd.ms-powerpoint.presentation.macroenabled.12":                "pptm",
	"application/msword":                              "doc",
	"application/vnd.ms-excel":                        "xls",
	"application/vnd.ms-powerpoint":                   "ppt",
	"application/vnd.oasis.opendocument.text":         "odt",
	"application/vnd.oasis.opendocument.spreadsheet":  "ods",
	"application/vnd.oasis.opendocument.presentation": "odp",
	"application/vnd.oasis.opendocument.graphics":     "odg",
	"text/rtf": "rtf",
}

// IsOffice reports whether pages of files of the media type need LibreOffice.
func IsOffice(mediaType string) bool {
	_, ok := office[mediaType]
	return ok
}

// Converts reports whether ToPDF makes pages of files of the media type.
func (r Reader) Converts(mediaType string) bool {
	return IsOffice(mediaType) && r.Slow != nil && r.Kit != "" && r.Office != ""
}

// FindOffice returns the folder of the machine's LibreOffice that Office
// wants, and whether there is one.
func FindOffice() (string, bool) {
	for _, pattern := range []string{"/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program", "/usr/local/lib/libreoffice/program", "/opt/libreoffice*/program"} {
		found, _ := filepath.Glob(pattern)
		for _, dir := range found {
			for _, library := range []string{"libmergedlo.so", "libsofficeapp.so"} {
				if _, err := os.Stat(filepath.Join(dir, library)); err == nil {
					return dir, true
				}
			}
		}
	}
	return "", false
}

// settings of LibreOffice's throw-away profile: no macros, no links, no
// remembered or recovered documents, no look for updates. And no line to enter
// formulas in (window 26100): packages without a user interface lack what it is
// made of, and without it no spreadsheet would open.
const settings = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Recovery/AutoSave"><prop oor:name="Enabled" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Save/Document"><prop oor:name="CreateBackup" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Views/Windows"><node oor:name="26100" oor:op="replace"><prop oor:name="Visible" oor:op="fuse"><value>false</value></prop></node></item>
<item oor:path="/org.openoffice.Setup/Office"><prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
`

// ToPDF makes a PDF of an office document with LibreOffice, in a profile of its
// own that is thrown away. It returns the PDF's path, in dir. A fault is about
// the file; any other error is worth another try.
func (r Reader) ToPDF(ctx context.Context, dir, path, mediaType string) (string, error) {
	ext, ok := office[mediaType]
	if !ok {
		return "", errors.New("document: no office document")
	}
	work, err := os.MkdirTemp(dir, "office-")
	if err != nil {
		return "", err
	}
	home := filepath.Join(work, "profile")
	if err := os.MkdirAll(filepath.Join(home, "user"), 0o700); err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(home) }()
	if err := os.WriteFile(filepath.Join(home, "user", "registrymodifications.xcu"), []byte(settings), 0o600); err != nil {
		return "", err
	}
	in, out := filepath.Join(work, "document."+ext), filepath.Join(work, "document.pdf")
	if err := os.Symlink(path, in); err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(in) }()
	reads := append(inputs(dir, path), filepath.Dir(r.Office))
	for _, place := range places {
		if _, err := os.Stat(place); err == nil {
			reads = append(reads, place)
		}
	}
	_, err = r.Slow(ctx, dir, reads, r.Kit, r.Office, home, in, out)
	if failed, ran := errors.AsType[ended](err); ran && !failed.Exhausted() && strings.Contains(strings.ToLower(failed.Tail()), "password") {
		return "", Fault(CodeEncrypted, err)
	} else if err != nil {
		return "", explain(err)
	}
	info, err := os.Lstat(out)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return "", Fault(CodeDamaged, errors.New("document: LibreOffice made no PDF"))
	}
	return out, nil
}

// places hold parts of Debian's LibreOffice without which it does not start.
var places = []string{"/etc/libreoffice", "/var/lib/libreoffice", "/var/spool/libreoffice"}
