// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

const importUsage = `tillgang import folder PATH takes in a directory: its tree becomes folders below
--into, and XMP files beside others (x.jpg.xmp or x.xmp) say what is known of them.

tillgang import resourcespace --csv X --files DIR takes in an export of ResourceSpace:
the table of metadata (Export results: CSV) and a directory with the files. A row's
file is the one named in "Original filename", or one whose name begins with RS<id>_,
<id>_ or is <id> with an ending. Further files of such a name are alternative files:
they become assets of their own with the same fields. --map names a JSON file:

  {"columns": {"Caption": "description", "Project": ""},     column: field, or empty: leave out
   "types":   {"Photo": "Pictures"},                         resource type: folder below --into
   "access":  {"Restricted":   {"folder": "Restricted"},     access: folder below that, or
               "Confidential": {"embargo_until": "2099-12-31T00:00:00Z"}}}   hidden until then

The key is in the environment variable TILLGANG_KEY. With --dry-run nothing is sent or
changed. The report is a table with a line for each file: new, here (the archive has
it, nothing to change), updated, or refused and why. Started again, the same command
sends nothing that is there.

`

// importOptions are what the command line says.
type importOptions struct {
	uploadOptions

	dry                       bool
	report, csv, files, mapAt string
}

func importFlags(out io.Writer) (*flag.FlagSet, *importOptions) {
	flags, o := flag.NewFlagSet("import", flag.ContinueOnError), &importOptions{}
	o.parallel = 2
	flags.StringVar(&o.server, "url", "http://localhost:8080", "the server")
	flags.StringVar(&o.folder, "into", "", "the folder's identifier (fld_…); default: the top of the tree")
	flags.BoolVar(&o.dry, "dry-run", false, "say what would be done, and do nothing")
	flags.StringVar(&o.report, "report", "", "where to write the report (CSV); default: standard output")
	flags.StringVar(&o.csv, "csv", "", "resourcespace: the table of metadata")
	flags.StringVar(&o.files, "files", "", "resourcespace: the directory with the files")
	flags.StringVar(&o.mapAt, "map", "", "resourcespace: how columns, types and access are taken")
	flags.DurationVar(&o.patience, "patience", 10*time.Minute, "how long to try without getting on")
	flags.SetOutput(out)
	flags.Usage = func() {
		_, _ = io.WriteString(out, importUsage)
		flags.PrintDefaults()
	}
	return flags, o
}

// piece is one file to be taken in, with what is said of it.
type piece struct {
	sending

	about   string         // in the report: its path or its row
	sidecar string         // path of an XMP file; empty: none
	fields  map[string]any // what PATCH /assets wants; nil: nothing
	dates   map[string]any // embargo_until; nil: none
	refused string         // why it is not taken in; empty: it is
}

// importCommand takes in whole collections of files.
func importCommand(ctx context.Context, args []string, out io.Writer) error {
	help := &strings.Builder{}
	flags, o := importFlags(help)
	words, err := mixed(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		_, err := io.WriteString(out, help.String())
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w; see `tillgang import --help`", err, errUsage)
	}
	if (len(words) != 2 || words[0] != "folder") && (len(words) != 1 || words[0] != "resourcespace" || o.csv == "" || o.files == "") {
		return fmt.Errorf("import takes folder PATH, or resourcespace --csv X --files DIR; see `tillgang import --help`: %w", errUsage)
	}
	u, err := o.uploader()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if u.folder == "" {
		if u.folder, err = u.top(ctx); err != nil {
			return err
		}
	}
	var list []piece
	if words[0] == "folder" {
		list, err = folderPieces(words[1])
	} else {
		list, err = u.resourceSpace(ctx, o)
	}
	if err != nil {
		return err
	}
	to := out
	if o.report != "" {
		f, err := os.Create(o.report)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		to = f
	}
	return u.takeIn(ctx, list, o, to)
}

// top is the top of the tree of folders.
func (u *uploader) top(ctx context.Context) (string, error) {
	a, err := u.surely(ctx, http.MethodGet, "/api/v1/folders?limit=1", nil)
	if err != nil {
		return "", err
	}
	var p struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := json.Unmarshal(a.body, &p); err != nil || len(p.Items) != 1 {
		return "", fmt.Errorf("name the folder to take in to with --into: %w", errUsage)
	}
	return p.Items[0].ID, nil
}

// takeIn sends what is not there, says what is known of it, and reports.
func (u *uploader) takeIn(ctx context.Context, list []piece, o *importOptions, out io.Writer) error {
	report := csv.NewWriter(out)
	_ = report.Write([]string{"file", "outcome", "asset", "reason"})
	counts := map[string]int{}
	var mu sync.Mutex
	note := func(p piece, outcome, asset, reason string) {
		mu.Lock()
		defer mu.Unlock()
		counts[outcome]++
		_ = report.Write([]string{defused(p.about), outcome, asset, defused(reason)})
		report.Flush()
	}
	if !o.dry {
		if err := u.unfinished(ctx); err != nil {
			return err
		}
		files := make([]sending, len(list))
		for i, p := range list {
			files[i] = p.sending
			if p.refused != "" {
				files[i].below = "" // no folder for what does not come
			}
		}
		u.plant(ctx, files)
		for i := range list {
			list[i].sending = files[i]
		}
	}
	queue := make(chan piece)
	var all sync.WaitGroup
	for range o.parallel {
		all.Go(func() {
			for p := range queue {
				outcome, asset, reason := u.one(ctx, p, o.dry)
				if ctx.Err() == nil {
					note(p, outcome, asset, reason)
				}
			}
		})
	}
	for _, p := range list {
		select {
		case queue <- p:
		case <-ctx.Done():
		}
	}
	close(queue)
	all.Wait()
	if ctx.Err() != nil {
		return errInterrupted
	}
	would := ""
	if o.dry {
		would = "dry run: "
	}
	_, _ = fmt.Fprintf(os.Stderr, "%s%d new, %d updated, %d here already, %d refused\n", would, counts["new"], counts["updated"], counts["here"], counts["refused"])
	if n := counts["refused"]; n > 0 {
		return fmt.Errorf("%d of %d files are not in the archive; the report says why", n, len(list))
	}
	return report.Error()
}

// one takes in one file, or with dry says what would become of it.
func (u *uploader) one(ctx context.Context, p piece, dry bool) (outcome, asset, reason string) {
	if p.refused != "" {
		return "refused", "", p.refused
	}
	var said []byte
	if p.sidecar != "" {
		var err error
		if said, err = readSidecar(p.sidecar); err != nil {
			return "refused", "", err.Error()
		}
	}
	if dry {
		asset, err := u.there(ctx, p.path)
		switch {
		case err != nil:
			return "refused", "", err.Error()
		case asset == "":
			return "new", "", ""
		}
		return u.say(ctx, asset, "here", p, said, true)
	}
	end := u.send(ctx, p.sending)
	if end.err != nil {
		return "refused", end.asset, end.err.Error()
	}
	outcome = "new"
	if end.known {
		outcome = "here"
	}
	return u.say(ctx, end.asset, outcome, p, said, false)
}

// there is the asset of a file's bytes, if the archive has it.
func (u *uploader) there(ctx context.Context, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", errors.New(why(err))
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err != nil || info.Size() == 0 {
		return "", errors.New("the file is empty or cannot be read")
	}
	sum, err := (&uploading{uploader: u, file: file}).hash(ctx)
	if err != nil {
		return "", err
	}
	return u.has(ctx, sum), nil
}

// defused keeps a spreadsheet from taking a text for a formula.
func defused(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
