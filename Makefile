# Everything a newcomer needs is `make run` and `make test`; `make help` lists the rest.
# Plain POSIX make and a Python of 3.11 or newer are all that is asked for (macOS has GNU make 3.81: keep to that).

# The first Python that is new enough; `make PYTHON=/path/to/python …` picks another one.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed
CLIENT := tests/journey/published-client.lock
TRACES := tests/telemetry/otel.lock
DATA ?= .shortlink
ARGS ?=
T ?= tests

.DEFAULT_GOAL := help
.PHONY: help install run test lint format bench chaos lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## create .venv and install everything, exactly as locked; does nothing when up to date

$(INSTALLED): requirements.lock pyproject.toml $(CLIENT) $(TRACES)
	@test -n "$(PYTHON)" || { echo "shortlink needs Python 3.11 or newer, and found none. Install one, or name it: make PYTHON=/path/to/python3.11 install" >&2; exit 1; }
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv || { rm -rf .venv; \
		echo "On Debian and Ubuntu, Python's venv module is a package of its own: sudo apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -rf .venv/clients
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target .venv/clients/xoxzo -r $(CLIENT)
	@rm -rf .venv/extras
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target .venv/extras/otel -r $(TRACES)
	@touch $@

run: install ## start everything here, on a store of its own; Ctrl-C stops it, the data stays in .shortlink
	@exec $(BIN)/shortlink up --data "$(DATA)" $(ARGS)

test: install ## run the whole test suite (T=tests/domain for a part of it)
	$(BIN)/pytest -n 3 $(T)

lint: install ## check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## put the code into its format, sort imports
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: install ## measure sends, redirects, callbacks and memory on this machine
	$(BIN)/python -m bench

chaos: install ## kill things while it works, the long form
	$(BIN)/python -m tests.chaos

# Versions asked for stand in pyproject.toml; change them there, then `make lock` and commit all three files.
# `make lock UPGRADE=--upgrade` also renews what they pull in, `UPGRADE="--upgrade-package urllib3"` one of these.
# The locks are made on Linux with Python 3.11 and carry the hashes of every platform's files.
COMPILE := pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock: install ## renew requirements.lock and requirements-runtime.lock from pyproject.toml
	$(BIN)/$(COMPILE) --extra dev $(UPGRADE) -o requirements.lock pyproject.toml
	$(BIN)/$(COMPILE) --constraint requirements.lock -o requirements-runtime.lock pyproject.toml

clean: ## remove .venv and every cache, never the data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
