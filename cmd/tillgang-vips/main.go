// SPDX-License-Identifier: Apache-2.0

// Command tillgang-vips makes renditions with libvips. It is the optional
// second engine of package picture: a worker of its own, so that the server
// never links libvips and stays one static file. It loads the machine's
// libvips when it runs (LGPL, by dynamic loading only) and is started once per
// picture, inside the sandbox.
//
//	tillgang-vips --probe      prints the library's version and formats as JSON
//	tillgang-vips JOB          carries out the job in the file JOB
//	tillgang-vips              carries out the job on standard input
//
// The exit status is 0 when it answered (also when the answer is that there is
// no picture), 2 when it could not, and 3 when libvips is missing or too old.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"tillgang/internal/picture"
)

const noLibrary = 3

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) == 1 && args[0] == "--probe" {
		v, err := load(true)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return noLibrary
		}
		if err := json.NewEncoder(os.Stdout).Encode(v.abilities()); err != nil {
			fmt.Fprintln(os.Stderr, "tillgang-vips: answer:", err)
			return 2
		}
		return 0
	}
	missing := false
	status := picture.Serve(args, func(job picture.Job) (picture.Reply, error) {
		reply, err := render(job)
		missing = isMissing(err)
		return reply, err
	})
	if missing {
		return noLibrary
	}
	return status
}
