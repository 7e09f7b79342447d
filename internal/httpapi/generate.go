// SPDX-License-Identifier: Apache-2.0

package httpapi

// The contract's types and routes; "make generate" puts the generator, at the
// version of deploy/tools.mk, on the path.
//
//go:generate oapi-codegen -config oapi.yaml ../../api/openapi.yaml
