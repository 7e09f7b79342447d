// SPDX-License-Identifier: Apache-2.0

package app

import (
	"tillgang/internal/document"
	"tillgang/internal/picture"
	"tillgang/internal/sandbox"
)

// Start is the whole program. The executable also starts itself again: as the
// first stage of a sandbox, and inside one as the built-in picture engine or the reader of documents.
func Start(args []string) int {
	if len(args) > 0 {
		switch args[0] {
		case sandbox.Command:
			return sandbox.Main(args[1:])
		case picture.WorkerArg:
			return picture.WorkerMain(args[1:])
		case document.WorkerArg:
			return document.WorkerMain(args[1:])
		}
	}
	return Main(args)
}
