// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// plainLoop is what a script for one file does that knows only thumbnails and
// metadata. $1 is the file, $2 a folder for what is made.
const plainLoop = `
exiftool -json "$1" > "$2/meta.json"
case $1 in
*.jpg | *.png | *.tif | *.pdf)
	for n in 320 1024 2048; do vipsthumbnail "$1" --size "${n}x$n>" -o "$2/$n.jpg[Q=82,strip]"; done ;;
esac
`

// sameLoop does what the archive does, as far as tools do it.
const sameLoop = `
three() { for n in 320 1024 2048; do vipsthumbnail "$1" --size "${n}x$n>" -o "$2/$n.jpg[Q=82,strip]"; done; }
cp "$1" "$2/original"
sha256sum "$2/original" > "$2/sum"
exiftool -json "$1" > "$2/meta.json"
case $1 in
*.jpg | *.png | *.tif)
	three "$1" "$2" ;;
*.pdf)
	pdfinfo "$1" > "$2/info"
	pdftotext "$1" "$2/text"
	three "$1" "$2" ;;
*.docx)
	soffice --headless -env:UserInstallation="file://$2/profile" --convert-to pdf --outdir "$2" "$1" > /dev/null 2>&1
	pdf="$2/$(basename "$1" .docx).pdf"
	pdftotext "$pdf" "$2/text"
	three "$pdf" "$2" ;;
*.mp4)
	ffprobe -v error -show_format -show_streams -of json "$1" > "$2/probe.json"
	ffmpeg -nostdin -v error -y -ss 0.4 -i "$1" -frames:v 1 "$2/poster.png"
	three "$2/poster.png" "$2" ;;
*.wav)
	ffprobe -v error -show_format -show_streams -of json "$1" > "$2/probe.json" ;;
esac
`

// shell runs a loop's script for each of the files, so many at a time.
func (b *bench) shell(ctx context.Context, name, script string, files []file, workers int) (r rate, err error) {
	path := filepath.Join(b.dir, name+".sh")
	// Each file has a folder of its own, which goes when it is done.
	text := "set -eu\nd=$(mktemp -d)\ntrap 'rm -rf \"$d\"' EXIT\nset -- \"$1\" \"$d\"\n" + script
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return r, err
	}
	var names strings.Builder
	for _, f := range files {
		names.WriteString(filepath.Join(b.dir, "mixed", f.name) + "\x00")
	}
	c := exec.CommandContext(ctx, "xargs", "-0", "-n", "1", "-P", fmt.Sprint(workers), "sh", path)
	c.Stdin, c.Env = strings.NewReader(names.String()), append(os.Environ(), "VIPS_CONCURRENCY=1")
	begin := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		return r, fmt.Errorf("the %s loop: %w: %s", name, err, out)
	}
	return rate{images: len(files), wall: time.Since(begin), cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime()}, nil
}
