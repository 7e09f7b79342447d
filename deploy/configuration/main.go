// SPDX-License-Identifier: Apache-2.0

// Command configuration writes deploy/configuration.md from the settings that
// internal/app declares.
//
//	go run ./deploy/configuration FILE
package main

import (
	"fmt"
	"os"

	"tillgang/internal/app"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: configuration FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(app.Documentation()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "configuration:", err)
		os.Exit(1)
	}
}
