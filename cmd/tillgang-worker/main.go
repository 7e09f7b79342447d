// SPDX-License-Identifier: Apache-2.0

// Command tillgang-worker is the part of the server that runs in the sandbox,
// as a program of its own: the first stage of a sandbox, the built-in picture
// engine and the reader of documents. The server can do all three itself; but
// it takes ten times as long to start, and these start twice for every file.
package main

import (
	"fmt"
	"os"

	"tillgang/internal/document"
	"tillgang/internal/picture"
	"tillgang/internal/sandbox"
)

// Version is the server's that it belongs to, set when it is built.
var Version = "unversioned"

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case sandbox.Command:
			os.Exit(sandbox.Main(os.Args[2:]))
		case picture.WorkerArg:
			os.Exit(picture.WorkerMain(os.Args[2:]))
		case document.WorkerArg:
			os.Exit(document.WorkerMain(os.Args[2:]))
		case "version":
			fmt.Println(Version)
			return
		}
	}
	fmt.Fprintln(os.Stderr, "tillgang-worker is started by the server itself")
	os.Exit(2)
}
