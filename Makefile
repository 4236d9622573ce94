# Everything a person or CI does with this repository. `make` alone lists the targets.
# Needs Python 3.11 or newer, pip, make and the package registries; the rest is fetched.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml gateway/pyproject.toml clients/*/pyproject.toml))
STAMP := .venv/.laurel-setup
BIN := .venv/bin
UV := $(or $(shell command -v uv 2>/dev/null),.cache/uv/bin/uv)
# The system's own Python first: distributions build it with profile-guided optimization, version managers do not unless asked,
# and everything here then takes 1.4 times as long. `make PYTHON=...` takes another.
PYTHONS := /usr/bin/python3 python3 python3.13 python3.12 python3.11
PYTHON ?= $(shell for name in $(PYTHONS); do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$name" && break; done)
PIP = $(shell for name in $(PYTHON) $(PYTHONS); do "$$name" -m pip --version >/dev/null 2>&1 && echo "$$name -m pip" && break; done)
export UV_PYTHON_DOWNLOADS := never
# Empty, whatever a machine says: else each of a hundred processes would compile every file again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(STAMP) ## Create .venv from the lock file, with the members installed in place

$(STAMP): requirements.lock $(MEMBERS:%=%/pyproject.toml) | $(UV)
	@test -n "$(PYTHON)" || { echo "Laurel needs Python 3.11 or newer, and there is none on the PATH." >&2; exit 1; }
	@echo "setup: .venv from $(PYTHON)"
	@$(UV) venv --quiet --allow-existing --no-project --python "$(PYTHON)" .venv
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e ./%)
	@touch $@

# --target is allowed on an externally managed Python, and touches nothing outside this directory.
.cache/uv/bin/uv: tools/uv.txt
	@echo "setup: no uv here, installing it into .cache/uv"
	@test -n "$(PYTHON)" || { echo "Laurel needs Python 3.11 or newer, and there is none on the PATH." >&2; exit 1; }
	@rm -rf .cache/uv && mkdir -p .cache
	@PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 $(or $(PIP),python3 -m pip) install --quiet --target .cache/uv --require-hashes -r tools/uv.txt
	@touch $@

.PHONY: lock
lock: | $(UV) ## Resolve the requirements again, newest allowed versions with hashes
	@$(UV) lock --quiet --upgrade
	@$(UV) export --quiet --frozen --all-packages --all-groups --no-emit-workspace --no-header -o requirements.lock

.PHONY: api
api: setup ## Write the OpenAPI document, the collection and the page of settings again, after a change of routes or settings
	@$(BIN)/python -m tools.api
	@$(BIN)/python -m tools.settings_page

.PHONY: run
run: setup ## Start everything, play the story, stay up at http://localhost:8080 until Ctrl-C
	@exec $(BIN)/python -m tools.dev up --story

.PHONY: up
up: setup ## Start everything without the story
	@exec $(BIN)/python -m tools.dev up

.PHONY: demo
demo: setup ## Play the story again on a fleet that runs
	@exec $(BIN)/python -m tools.story

.PHONY: test
test: setup ## Everything CI runs: check, then every test, then what was left out and why
	@exec $(BIN)/python -m tools.suite

.PHONY: test-without-java
test-without-java: setup ## One short life of a credential with Java and Maven hidden
	@exec $(BIN)/python -m tools.suite --only without-java

.PHONY: check
check: setup ## Lint, formatting, types, import rules, our own rules
	@exec $(BIN)/python -m tools.suite --only check

.PHONY: format
format: setup ## Format and sort imports
	@$(BIN)/ruff check --quiet --fix --select I . && $(BIN)/ruff format .

.PHONY: bench
bench: setup ## Beside Node, PyLD and openvc-core, and beside the machine's own rates; on a fleet that runs, also propagation
	@exec $(BIN)/python -m benchmarks

.PHONY: clean
clean: ## Remove the fleet's data and what tools left behind; .venv and .cache/kafka stay
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m tools.dev clean; else rm -rf var; fi
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
