# Every command of the project. It needs Python >= 3.11 and make; all else is installed into .venv from constraints/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PEER := .peer-venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq install
WORKERS ?= 2
# Scenarios with the real client wait more than they work.
COMPAT_WORKERS ?= 3
EXAMPLES ?= 100
FUZZ_SEED = $(if $(SEED),FUZZ_SEED=$(SEED))

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------------- environments

$(VENV)/made:
	@test -n "$(PYTHON)" || { echo "locum needs Python 3.11 or later on the PATH (or make PYTHON=/path/to/python3)" >&2; exit 1; }
	@echo "Making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/server: $(VENV)/made constraints/server.txt
	@echo "Installing what the server needs (constraints/server.txt)"
	@$(PIP) --require-hashes -r constraints/server.txt
	@touch $@

# Editable, so a pull needs no reinstall; without isolation, so that the pinned build backend is the one used.
$(VENV)/locum: $(VENV)/server pyproject.toml
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# Compiled ahead: where PYTHONDONTWRITEBYTECODE is set, every start would compile all modules anew.
$(VENV)/compiled: $(VENV)/locum $(shell find src -name '*.py')
	@$(PY) -m compileall -q src
	@touch $@

$(VENV)/dev: $(VENV)/locum constraints/dev.txt
	@echo "Installing what the checks and tests need (constraints/dev.txt)"
	@$(PIP) --require-hashes -r constraints/dev.txt
	@touch $@

# The newest real client, and the peer itself, in an environment of its own: locum's never holds either.
peer: $(VENV)/made
	@$(PY) -m compat.environments peer

setup: $(VENV)/dev ## Make .venv with all that development needs

# ------------------------------------------------------------------------------------------------------------- run

run: $(VENV)/compiled ## Install and start the server (HOST=, PORT=; data under LOCUM_HOME)
	@exec $(BIN)/locum server start $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

db: $(VENV)/locum ## Open psql on the embedded PostgreSQL of LOCUM_HOME
	@exec $(BIN)/locum database shell

# ----------------------------------------------------------------------------------------------------------- checks

check: $(VENV)/dev ## Everything that needs no database: format, lint, types, imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/pyright

fmt: $(VENV)/dev ## Format and fix what can be fixed
	@$(BIN)/ruff check --fix-only --quiet . || true
	@$(BIN)/ruff format .

laws: $(VENV)/dev ## The architecture, as tests
	@$(BIN)/pytest tests/laws

test: $(VENV)/dev $(VENV)/compiled peer ## All tests, then compat with the real client
	@$(BIN)/pytest tests -n $(WORKERS)
	@$(PEER) -m pytest compat -n $(COMPAT_WORKERS)

test-fast: $(VENV)/dev ## Tests without the slow ones and without compat
	@$(BIN)/pytest tests -n $(WORKERS) -m "not slow"

compat: $(VENV)/dev $(VENV)/compiled peer ## The real client and the peer against locum
	@$(PEER) -m pytest compat -n $(COMPAT_WORKERS)

compat-old: $(VENV)/dev peer ## One scenario each with older clients (installs them)
	@$(PY) -m compat.environments old
	@$(PEER) -m pytest compat/old_clients

bench: $(VENV)/dev $(VENV)/compiled peer ## Load, CPU per request and ratios against the peer
	@$(PY) -m bench

fuzz: $(VENV)/dev ## Requests and socket messages made up from the document (EXAMPLES= per operation, SEED=)
	@FUZZ_EXAMPLES=$(EXAMPLES) $(FUZZ_SEED) $(BIN)/pytest tests/fuzz -n $(WORKERS)

fuzz-peer: $(VENV)/dev $(VENV)/compiled peer ## The same requests to locum and the peer: docs/peer-failures.md (EXAMPLES=, SEED=)
	@FUZZ_EXAMPLES=$(if $(filter file,$(origin EXAMPLES)),8,$(EXAMPLES)) $(FUZZ_SEED) \
		$(PY) -W ignore -m tests.fuzz.peer_failures docs/peer-failures.md

openapi: $(VENV)/dev ## Write openapi/locum.json (and the peer's structure, with PEER_DOCUMENT=FILE|URL)
	@$(BIN)/locum openapi > openapi/locum.json.new && mv openapi/locum.json.new openapi/locum.json
	@$(if $(PEER_DOCUMENT),$(PY) -m openapi.structure $(PEER_DOCUMENT) > openapi/peer.new && mv openapi/peer.new openapi/peer-3.9.1.json)

openapi-diff: $(VENV)/dev ## What our document lacks against the peer's (TAG=..., STRICT=1)
	@$(PY) -m openapi.differences $(if $(STRICT),--strict) $(if $(TAG),--tag "$(TAG)")

migration: $(VENV)/dev ## Print the SQL that the tables have and the migrations lack
	@$(PY) -m tests.draft_migration

# ------------------------------------------------------------------------------------------------------------ pins

PIN := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --no-header --quiet --group build

constraints: ## Pin again (needs uv; UPGRADE=1 takes newer releases)
	@$(PIN) $(if $(UPGRADE),--upgrade) pyproject.toml -o constraints/server.txt
	@$(PIN) $(if $(UPGRADE),--upgrade) --group dev -c constraints/server.txt pyproject.toml -o constraints/dev.txt

clean: ## Remove environments and caches; never data
	@rm -rf $(VENV) .peer-venv .peer-* .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup peer run db check fmt laws test test-fast compat compat-old bench fuzz fuzz-peer openapi openapi-diff migration constraints clean
