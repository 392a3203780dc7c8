# Everything a person or CI runs. `make` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Kept between clones, so that a second checkout does not build everything again.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/whitespot/target
DATA ?=
PORT ?= 8080

.PHONY: help demo web picture check test test-real soak bench bench-aggregate bless clean-demo

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: ## install what is missing, build, and show everything on http://localhost:8080
	@scripts/need build postgres
	@scripts/build-demo
	@exec "$(CARGO_TARGET_DIR)/release/whitespot" demo --listen 127.0.0.1:$(PORT)

web: ## build the web pages into web/dist
	@scripts/build-web

check: ## format, lints, unit and property tests: no database, no browser (under 10 minutes)
	@scripts/need build nextest
	@scripts/test check

test: ## all tests: check, database, end to end, browser; installs what it needs
	@scripts/need build postgres chromium nextest
	@scripts/test all

test-real: ## the official files, e.g. DATA=../shared/data; asserts the published counts
	@scripts/test-real "$(DATA)"

soak: ## what takes long: full-size demo under faults
	@scripts/soak

bench: ## figures, each beside a limit or a peer
	@scripts/bench "$(DATA)"

bench-aggregate: ## the aggregate of files beside polars, chdb, DuckDB and DataFusion (downloads them)
	@scripts/bench-aggregate

picture: ## the README picture, made by the browser test on the full simulated campaign
	@scripts/need build postgres chromium
	@scripts/picture

bless: ## write generated files anew: schemas, wire vectors, API types
	@scripts/need build nextest
	@scripts/bless

clean-demo: ## forget the demo's database
	@scripts/clean-demo
