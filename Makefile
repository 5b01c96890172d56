# Every target of the project. `make` without a target lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
NPM    := tools/node_modules/.bin
# npm's tools run on the Node that `make setup` installed.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Many containers set it. Tests start hundreds of processes, and each would compile its imports again.
unexport PYTHONDONTWRITEBYTECODE
# Else each process that imports hypothesis imports trio, too, for a plugin that nothing here uses.
export HYPOTHESIS_NO_PLUGINS := 1
# Else the published page reports its readers.
export REDOCLY_TELEMETRY := off
export REDOCLY_SUPPRESS_UPDATE_NOTICE := true

TARGET ?=
BUDGET ?=
SEED   ?=
REPORT ?= reports/fuzz
EXTRA  ?=
BENCH  ?=
NAMES  ?=
RULE   ?=
# Of make's command line alone: many environments have a PORT that means something else.
PORT   :=
BASE   ?=
VERSION ?=
OUT    ?=
TAG    ?=

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- once ------------------------------------------------------------------------------------
SETUP   := $(VENV)/.setup-done
COMPILED := $(VENV)/.tests-compiled
NODE    := tools/node_modules/.setup-done
# uv installs the same hashes several times faster than pip; without it, pip does.
INSTALL = { $(BIN)/uv pip install --python $(BIN)/python $(1) || $(BIN)/python -m pip install --disable-pip-version-check $(1); }
SAY     = @printf '\n== %s\n'

.PHONY: setup setup-node setup-system
setup: $(SETUP) ## make .venv with the Python packages of all targets (hash-locked); about half a minute
$(SETUP): requirements/uv.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(SAY) 'setup 1 of 3: a virtual environment in $(VENV)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(SAY) 'setup 2 of 3: uv, which installs the rest'
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/uv.txt || true
	$(SAY) 'setup 3 of 3: the packages of requirements/dev.txt, and this project'
	$(call INSTALL,--require-hashes -r requirements/dev.txt)
	$(call INSTALL,--no-deps --no-build-isolation --editable .)
	@touch $@

# Otherwise each of the six workers of the first `make test` does it: 20 CPU seconds more.
$(COMPILED): $(SETUP)
	$(SAY) 'the first time only: compile what the tests import, about 8 s'
	$(BIN)/python -m pytest -qq --collect-only -m "not system" --ignore tests/system >/dev/null
	@touch $@

setup-node: $(NODE) ## the npm tools (Redocly, Spectral, pyright), which some targets need; they install them
$(NODE): $(SETUP) tools/package-lock.json
	$(SAY) 'setup: the npm tools of tools/package-lock.json, about 15 s'
	cd tools && ../$(BIN)/python alive.py npm ci --no-fund --no-audit --loglevel=error
	@touch $@

setup-system: setup ## what `make test-system` needs beyond that; the only target that uses apt
	tools/setup-system

# --- the contract and what follows from it -----------------------------------------------------
.PHONY: generate check-generated show-overrides lint-contract
generate: setup ## write generated/ from openapi.yaml and overrides/, and what shells complete
	$(BIN)/python -m tools.generate

upgrade-generator: setup $(NODE) ## pin the generator's release VERSION=, re-check the overrides, show what changes
	@test -n "$(VERSION)" || { echo 'say which: make upgrade-generator VERSION=0.29.1' >&2; exit 2; }
	$(BIN)/python -m tools.upgrade_generator "$(VERSION)"

check-generated: setup ## fail if a file is not what `make generate` would write
	$(BIN)/python -m tools.generate --check

show-overrides: setup ## what our templates change against the generator's stock output, and why
	$(BIN)/python -m tools.show_overrides $(EXTRA)

lint-contract: setup $(NODE) ## Redocly, Spectral and our own rules, on the contract and its editions
	$(BIN)/python -m tools.lint_contract

# From an edit of openapi.yaml to a verdict. Every step runs; the end names those that failed.
.PHONY: verify-contract verify-rules verify-types verify-tests verify-fuzz
# Whether each fault is caught takes minutes: that is for `make test`. The fuzzer itself runs.
VERIFIED := tests/unit/test_contract.py tests/build/test_trace.py tests/build/test_decisions.py tests/build/generated \
  tests/build/test_editions.py tests/fuzz/test_checks_bite.py -k "not found and not passes"
verify-contract: setup $(NODE) ## generate, lint, diff, types, contract tests and fuzzer after an edit: under a minute
	@$(BIN)/python -m tools.verify

.PHONY: rule
rule: setup $(NODE) ## all that follows the edits of a rule RULE=id: lint, generate, try its faults, verify-contract
	@test -n "$(RULE)" || { echo 'say which: make rule RULE=count-equals-results' >&2; exit 2; }
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m tools.generate
	$(BIN)/python -m tools.rule_faults "$(RULE)"
	$(BIN)/python -m tools.rule_examples "$(RULE)"
	@$(BIN)/python -m tools.verify
	@printf '\nCommit together:\n'; git status --short

verify-types: setup $(NODE)
	$(BIN)/mypy src generated
	$(NPM)/pyright

verify-tests: setup $(NODE)
	$(BIN)/python -m pytest -m "not system" -q $(VERIFIED)

verify-rules: setup
	$(BIN)/python -m tools.rule_parts

verify-fuzz: setup
	# 6: no violation, and too little time on a busy machine to check every rule.
	$(BIN)/drs-sync-policy fuzz --sandbox --budget 10 || test $$? -eq 6

# --- checking the code --------------------------------------------------------------------------
.PHONY: lint types test test-system soak check
lint: setup lint-contract ## ruff, the layer rules, the workflows, the contract's lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --no-progress --quiet .github

types: setup $(NODE) ## mypy and pyright, both strict, and that every public type is known
	$(BIN)/mypy
	$(NPM)/pyright
	$(BIN)/python -m pytest -q tests/system/build/test_types.py

# Six workers on 2 cores, because tests also wait.
test: setup $(NODE) $(COMPILED) ## the tests (about two minutes on 2 cores)
	$(BIN)/python -m pytest -m "not system" --ignore tests/system -n 6 --dist worksteal $(EXTRA)

# Three workers on 2 cores, because tests also wait. So a budget of seconds is worth two thirds here.
test-system: setup-system $(NODE) ## the slow tests: soak, crash, PostgreSQL, browser, vendor SDKs, many seeds; SEED= chooses a third of the faults
	$(strip $(SEED:%=SEED=%) $(BIN)/python -m pytest -m "system and not long" -n 3 --dist worksteal --timeout 600 $(EXTRA))

# Alone, one after the other: they are about what load does.
soak: setup-system $(NODE) ## for hours: what `test` and `test-system` leave out or shorten; copy its figures to docs/confidence.md
	$(strip $(SEED:%=SEED=%) $(BIN)/python -m pytest -m "soak or long" --long --timeout 0 $(EXTRA))

.PHONY: snapshots
snapshots: setup ## rewrite tests/snapshots/ after a change that users notice; NAMES="faults" the slow ones
	$(BIN)/python -m tools.snapshots --write $(NAMES)

check: check-generated lint diff types test ## everything a change must pass

# --- using it ------------------------------------------------------------------------------------
.PHONY: fuzz sandbox demo
FUZZED = $(if $(TARGET),--target "$(TARGET)",--sandbox) --report "$(REPORT)"
fuzz: setup ## check a server: TARGET=target.toml (default: our sandbox) BUDGET=seconds SEED=number
	$(strip $(BIN)/drs-sync-policy fuzz $(FUZZED) $(BUDGET:%=--budget %) $(SEED:%=--seed %) $(EXTRA))

sandbox: setup ## run the sandbox, a test server, on 127.0.0.1:8080, or PORT=number; other options in EXTRA=
	$(strip $(BIN)/drs-sync-policy sandbox $(PORT:%=--port %) $(EXTRA))

demo: setup $(NODE) ## from contract to verdict, step by step; about a minute
	$(BIN)/python -m tools.demo

# --- publishing ----------------------------------------------------------------------------------
.PHONY: docs docs-serve build check-installed check-tag audit sbom release bench diff lock clean
docs: setup $(NODE) ## the guide and the reference pages, into site/
	$(BIN)/python -m tools.guide $(EXTRA)

docs-serve: setup $(NODE) ## serve the site on 127.0.0.1:8000 and rebuild it after each edit
	$(BIN)/python -m tools.guide --serve

build: setup $(NODE) ## wheel and sdist, into dist/: built twice and compared, checked by twine
	$(BIN)/python -m tools.release.build

check-installed: build ## use the wheel on every Python here, with the newest and the lowest dependencies
	$(BIN)/python -m tools.release.installed

check-tag: setup ## fail if TAG= is not the tag of the version in pyproject.toml
	$(BIN)/python -m tools.release.prepare "$(TAG)" --check-tag

audit: setup ## known vulnerabilities of the dependencies (asks the package registry)
	$(BIN)/python -m tools.release.audit $(EXTRA)

sbom: setup ## what the wheel brings along, as CycloneDX, into reports/sbom.cdx.json
	$(BIN)/python -m tools.release.sbom

release: setup $(NODE) ## prepare release VERSION= (changelog, contract, artifacts, tag); publishes nothing
	@test -n "$(VERSION)" || { echo 'say which: make release VERSION=1.2.3' >&2; exit 2; }
	$(BIN)/python -m tools.release.prepare "$(VERSION)"
	$(BIN)/python -m tools.release.installed
	$(BIN)/python -m tools.release.audit
	$(BIN)/python -m tools.release.prepare "$(VERSION)" --tag

bench: setup ## measurements: BENCH="client sandbox" runs some; peers come with `make setup-system`
	$(BIN)/python -m bench $(BENCH) $(if $(EXTRA),-- $(EXTRA))

diff: setup $(NODE) ## what the contract's changes break since its last release, or commit before the first (or BASE=commit or file); fails where its version is too small
	$(BIN)/python -m tools.diff $(if $(BASE),--base "$(BASE)") $(if $(OUT),--output "$(OUT)") $(EXTRA)

lock: ## write requirements/ and the npm lock from pyproject.toml and tools/package.json
	$(BIN)/python tools/lock.py

clean: ## remove everything that is not committed and can be made again
	rm -rf $(VENV) tools/node_modules dist build site reports .pytest_cache .mypy_cache .ruff_cache \
	  .hypothesis .schemathesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
