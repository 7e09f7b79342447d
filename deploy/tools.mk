# SPDX-License-Identifier: Apache-2.0
#
# Programs in Go that are used while developing and testing. They are built
# outside the main module, so that their dependencies are not ours; the version
# is part of the file's name, so that a new one here is a new one there.

TOOLS := $(CURDIR)/.cache/bin

# The S3 server that the storage plug is tested against.
VERSITYGW := $(TOOLS)/versitygw-v1.8.0
$(VERSITYGW): MODULE := github.com/versity/versitygw/cmd/versitygw

# The certificate authority that getting certificates is tested against.
PEBBLE := $(TOOLS)/pebble-v2.10.1
$(PEBBLE): MODULE := github.com/letsencrypt/pebble/v2/cmd/pebble

# Makes internal/httpapi/api.gen.go of api/openapi.yaml.
OAPI_CODEGEN := $(TOOLS)/oapi-codegen-v2.8.2
$(OAPI_CODEGEN): MODULE := github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen

GOLANGCI_LINT := $(TOOLS)/golangci-lint-v2.15.0
$(GOLANGCI_LINT): MODULE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# "go install" in a folder of its own, then a rename: an interrupted build
# leaves nothing that looks complete. The plain name is a link to the version.
$(VERSITYGW) $(PEBBLE) $(OAPI_CODEGEN) $(GOLANGCI_LINT):
	@echo "building $(notdir $@) (once; this takes some minutes)"
	@mkdir -p $(TOOLS) && dir=$$(mktemp -d $(TOOLS)/build.XXXXXX) && trap 'rm -rf "$$dir"' EXIT && \
	CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOBIN=$$dir go install -trimpath -ldflags '-s -w' \
		$(MODULE)@$(shell echo $(notdir $@) | sed 's/.*-v/v/') && \
	mv $$dir/* $@ && ln -sfn $(notdir $@) $(TOOLS)/$(notdir $(MODULE))
