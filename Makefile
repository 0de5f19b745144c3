# The project's commands. All work from a fresh clone: each calls `setup` first, which is quick when nothing changed.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
unexport PYTHONDONTWRITEBYTECODE # without compiled files every start of Airflow takes more than half a second longer

help: ## print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## make .venv with the locked dependencies

$(STAMP): requirements.lock requirements-bootstrap.lock
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 to 3.13 found; install one, or say PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@echo "installing the locked dependencies into .venv ..."
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet --require-hashes requirements.lock requirements-bootstrap.lock
	@$(BIN)/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'edye_delivery.pth').write_text('$(CURDIR)/plugins\n')"
	@touch $(STAMP)

run: setup ## deliver a day of the sample catalogue to the sandbox; ARGS="--window-start ... --window-end ..."
	@$(BIN)/python -m tools.run $(ARGS)

run-ftp: setup ## deliver the same day by FTP (deprecated), with a ledger of its own
	@$(BIN)/python -m tools.run --ftp $(ARGS)

run-pull: setup ## publish the same day for the partners that pull, with the delivery API up and the partners reading
	@$(BIN)/python -m tools.run_pull

migrate: setup ## bring the ledgers in build/ to this program's revision; make a backup first if they matter
	@$(BIN)/python -m tools.ledgers

up: setup ## start the sandbox and a real Airflow with its pages; Ctrl-C stops everything
	@$(BIN)/python -m tools.up

down: ## stop what `make up` started
	@$(BIN)/python -m tools.up --down

test: setup ## run every test except the longer proofs
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m "not proof" -q -rs -o faulthandler_timeout=600

proofs: setup ## run the longer proofs: kills, cut lines, large feeds, backfill on a real scheduler
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m "proof and not real_airflow" -q -rs
	@$(BIN)/python -m pytest -m real_airflow -q -rs

SEED ?= 1
ROUNDS ?= 200
chaos: setup ## run rounds with faults chosen by a seed: kills, cut lines, locked ledger, full disk; SEED=1 ROUNDS=200
	@$(BIN)/python -m tools.chaos --seed $(SEED) --rounds $(ROUNDS)

TITLES ?= 1500
PARTNERS ?= 3
CHAOS ?= 0
cluster: setup ## deliver a window to several partners on Celery, PostgreSQL and Valkey; TITLES=1500 PARTNERS=3 CHAOS=0 SEED=1
	@$(BIN)/python -m tools.cluster --titles $(TITLES) --partners $(PARTNERS) --seed $(SEED) $(if $(filter 1,$(CHAOS)),--chaos)

SWITCHES ?= 1
interleavings: setup ## run two runs' steps in every order with that many switches, on both databases; SWITCHES=1
	@SWITCHES=$(SWITCHES) $(BIN)/python -m pytest -n 2 -m proof -q -rs tests/proofs/test_interleavings.py

bench: setup ## print benchmark figures, one JSON object a line
	@$(BIN)/python -m benchmarks

lint: setup ## check format, lint and types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

fix: setup ## format, and repair what can be repaired
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

docs: setup ## write the generated documents again
	@$(BIN)/python -m tools.documents

lock: ## pin all dependencies again
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.txt -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-bootstrap.txt -o requirements-bootstrap.lock

clean: ## delete runs, sandbox and ledger
	@rm -rf build

.PHONY: help setup run run-ftp run-pull migrate up down test proofs chaos cluster interleavings bench lint fix docs lock clean
