// SPDX-License-Identifier: Apache-2.0

// Package api holds the contract of the HTTP API.
package api

import _ "embed"

// OpenAPI is the contract: an OpenAPI 3.1 document in YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte
