// SPDX-License-Identifier: Apache-2.0

// Command tillgang is the server and all its tools: see `tillgang help`.
package main

import (
	"os"

	"tillgang/internal/app"
)

func main() { os.Exit(app.Start(os.Args[1:])) }
