// SPDX-License-Identifier: Apache-2.0

package app

// The description of the settings, from their declaration in config.go.
//
//go:generate go run ../../deploy/configuration ../../deploy/configuration.md
