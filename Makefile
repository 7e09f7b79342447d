# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
include deploy/tools.mk

export GOFLAGS ?= -buildvcs=false
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X tillgang/internal/app.Version=$(VERSION) -X main.Version=$(VERSION)'
WITH_POSTGRES := $(TOOLS)/withpostgres

# Files that "generate" makes and "verify" compares.
GENERATED := $(wildcard internal/httpapi/api.gen.go deploy/configuration.md)

.PHONY: help run build ui setup test go-test browser-test test/a11y a11y lint generate verify trial fuzz bench bench-ui screenshots clean
.PHONY: $(WITH_POSTGRES)

help: ## list what there is to make
	@awk -F ':.*## ' '/^[a-z0-9\/-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what is missing, build, and serve with data in ./data
	@deploy/setup.sh run
	@$(MAKE) --no-print-directory build
	@exec bin/tillgang serve

build: ui ## make bin/tillgang and the programs that belong to it
	@mkdir -p bin
	@for c in tillgang tillgang-worker tillgang-vips tillgang-office; do \
		if [ -d cmd/$$c ]; then $(BUILD) -o bin/$$c ./cmd/$$c || exit 1; fi; done

# The browser app is built again when something it is made of is newer.
UI := internal/webapp/ui
UI_SOURCES := $(shell find $(UI)/app -type f -not -path '*/node_modules/*' -not -path '*/gen/*') api/openapi.yaml
ui: $(UI)/dist/index.html ## build the browser app into internal/webapp/ui/dist
$(UI)/app/node_modules/.package-lock.json: $(UI)/app/package-lock.json
	@cd $(UI)/app && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json
$(UI)/dist/index.html: $(UI)/app/node_modules/.package-lock.json $(UI_SOURCES)
	@cd $(UI)/app && npm run --silent build && touch ../dist/.keep ../dist/index.html

setup: ## install the system packages that running and testing need
	@deploy/setup.sh test

test: setup build go-test browser-test test/a11y ## everything, on real Postgres, S3, ffmpeg and Chromium

go-test: $(WITH_POSTGRES) $(VERSITYGW) $(PEBBLE) ## the tests in Go; narrow with PKG=./internal/asset/... RUN=Name
	go vet ./...
	TILLGANG_TEST_VERSITYGW=$(VERSITYGW) TILLGANG_TEST_PEBBLE=$(PEBBLE) $(WITH_POSTGRES) -- \
		go test -p 2 -timeout 20m $(if $(RUN),-run '$(RUN)') $(or $(PKG),./...)

browser-test: build ## the tests in a browser
	@if [ -f internal/webapp/uitest/package.json ]; then \
		cd internal/webapp/uitest && npm ci --no-audit --no-fund --loglevel=error && npm test; fi

test/a11y: build ## whole tasks with the keyboard alone, and whether the accessibility report is true
	@cd internal/webapp/uitest && npm ci --no-audit --no-fund --loglevel=error && npm run --silent a11y

a11y: build ## the catalogue of accessibility: every screen in every state; A11Y=whole for all nine looks, half an hour
	@cd internal/webapp/uitest && npm ci --no-audit --no-fund --loglevel=error && npm run --silent catalogue

lint: $(GOLANGCI_LINT) ## what the linters say
	go vet ./...
	$(GOLANGCI_LINT) run ./...

generate: $(OAPI_CODEGEN) ## make the generated files again
	PATH=$(TOOLS):$$PATH go generate ./...

verify: ## fail if a generated file is not what its source makes
	@rm -rf .cache/verify && mkdir -p .cache/verify
	@for f in $(GENERATED); do mkdir -p .cache/verify/$$(dirname $$f) && cp $$f .cache/verify/$$f; done
	@$(MAKE) --no-print-directory generate
	@for f in $(GENERATED); do diff -u .cache/verify/$$f $$f || stale=1; done; \
	if [ -n "$$stale" ]; then echo 'generated files were out of date; they are made again: review and commit them'; exit 1; fi

trial: $(WITH_POSTGRES) $(VERSITYGW) setup ## the final trial: 1,000 files while everything goes wrong; a quarter of an hour
	$(WITH_POSTGRES) -- go test -tags trial -count 1 -timeout 10m -v -run 'ByEveryReader$$' ./internal/delivery
	TILLGANG_TEST_VERSITYGW=$(VERSITYGW) $(WITH_POSTGRES) -- \
		go test -tags trial -count 1 -timeout 20m -v -run '^TestTheTrial$$' ./internal/app

FUZZTIME ?= 30s
fuzz: ## look for what our own parsers cannot bear, each for FUZZTIME (30s)
	@grep -rl '^func Fuzz' --include='*_test.go' internal | while read -r file; do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' $$file); do \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file) || exit 1; done; done

bench: ## measure against other programs, on this machine, into deploy/benchmarks.md; SMALL=1 leaves out the archive of a million
	@deploy/setup.sh bench
	@$(MAKE) --no-print-directory build
	go run ./deploy/bench $(if $(SMALL),-small)

bench-ui: build ## measure what the library's grid costs the browser
	@cd internal/webapp/uitest && npm ci --no-audit --no-fund --loglevel=error && node grid.bench.js --bounds

screenshots: build ## make the README's pictures again, from the real program
	@cd internal/webapp/uitest && npm ci --no-audit --no-fund --loglevel=error && node screenshots.js

clean: ## remove what was built; data stays
	rm -rf bin .cache coverage.out

# Always asked; the Go cache knows whether there is something to do.
$(WITH_POSTGRES):
	@mkdir -p $(TOOLS)
	@go build -o $@ ./internal/pg/pgtest/withpostgres
