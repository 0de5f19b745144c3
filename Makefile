# The project's verbs. Everything works from a fresh clone: each calls `setup` first, which is quick when nothing changed.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
unexport PYTHONDONTWRITEBYTECODE # without compiled files every start of Airflow takes more than half a second longer

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## .venv with the locked dependencies

$(STAMP): requirements.lock requirements-bootstrap.lock
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 to 3.13 found; install one, or say PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@echo "installing the locked dependencies into .venv ..."
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet --require-hashes requirements.lock requirements-bootstrap.lock
	@$(BIN)/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'edye_delivery.pth').write_text('$(CURDIR)/plugins\n')"
	@touch $(STAMP)

run: setup ## the main job: a day of the sample catalogue through sandbox and DAG; ARGS="--window-start ... --window-end ..."
	@$(BIN)/python -m tools.run $(ARGS)

run-ftp: setup ## the same day over the legacy FTP channel, with a ledger of its own
	@$(BIN)/python -m tools.run --ftp $(ARGS)

migrate: setup ## brings the ledgers in build/ to this program's revision; after a backup, if they matter
	@$(BIN)/python -m tools.ledgers

up: setup ## sandbox and a real Airflow in the browser; Ctrl-C stops everything
	@$(BIN)/python -m tools.up

down: ## stops what `make up` started
	@$(BIN)/python -m tools.up --down

test: setup ## every test but the longer proofs
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not proof" -q -rs

proofs: setup ## the longer proofs: kills, cut lines, large feeds, backfill on a real scheduler
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "proof and not real_airflow" -q -rs
	@$(BIN)/python -m pytest -m real_airflow -q -rs

SEED ?= 1
ROUNDS ?= 200
chaos: setup ## rounds of seeded trouble: kills, cut lines, locked ledger, full disk; SEED=1 ROUNDS=200
	@$(BIN)/python -m tools.chaos --seed $(SEED) --rounds $(ROUNDS)

SWITCHES ?= 1
interleavings: setup ## orders of two runs' steps with so many switches from one to the other, both databases; SWITCHES=1
	@SWITCHES=$(SWITCHES) $(BIN)/python -m pytest -n 2 --dist loadgroup -m proof -q -rs tests/proofs/test_interleavings.py

bench: setup ## figures, one JSON object a line
	@$(BIN)/python -m benchmarks

lint: setup ## format, lint, types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

fix: setup ## format and repair what can be
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

docs: setup ## write the generated documents again
	@$(BIN)/python -m tools.documents

lock: ## pin all dependencies anew
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.txt -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-bootstrap.txt -o requirements-bootstrap.lock

clean: ## forgets runs, sandbox and ledger
	@rm -rf build

.PHONY: help setup run run-ftp migrate up down test proofs chaos interleavings bench lint fix docs lock clean
