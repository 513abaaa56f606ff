# Two commands: `make run` serves the sample trail, `make test` checks everything. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8000
TRAIL ?= samples/trail
DATA ?= .whittle

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test lint types contracts unit golden corpus accuracy quality fit bench-semantics bench bench-memory bench-profile openapi lock sample catalog clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.runtime ## make .venv with the whittle command in it; nothing when it is up to date

setup-dev: .venv/.development ## the same with everything that the tests need

.venv/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit("whittle needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv

.venv/.runtime: .venv/pyvenv.cfg requirements.lock pyproject.toml $(wildcard service/native/*.[ch])
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'from service.core.activity.folding import native_fold; native_fold() or print("the native core could not be built (it needs a C compiler): reading trails takes some five times as long")'
	@touch $@

.venv/.development: .venv/.runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@touch $@

run: setup ## serve the sample trail on 127.0.0.1:8000
	$(BIN)/whittle serve --trail $(TRAIL) --host $(HOST) --port $(PORT) --data-dir $(DATA)

test: lint types contracts unit ## lint, types, import contracts, tests

lint: setup-dev ## ruff: format and rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup-dev ## mypy, strict
	$(BIN)/mypy

contracts: setup-dev ## import-linter: the layers
	$(BIN)/lint-imports

unit: setup-dev ## pytest, in a process for each core
	$(BIN)/pytest --numprocesses auto --dist worksteal

golden: setup-dev ## rewrite the golden files; read the diff before you commit it
	$(BIN)/pytest tests/golden --rewrite-golden

corpus: setup-dev ## what is proposed for the busiest principals of the recorded trails
	$(BIN)/python -m bench.corpus

fit: setup-dev ## what policies are on each rung of the ladder; writes docs/fit.md
	$(BIN)/python -m bench.fit

quality: setup-dev ## what proposals are worth, measured; writes docs/quality.md
	$(BIN)/python -m bench.quality

accuracy: setup-dev ## how right the mapping is, measured; writes docs/accuracy.md
	$(BIN)/python -m bench.accuracy

bench-semantics: setup-dev ## measure evaluation, glob inclusion and proofs (with z3, where that is installed)
	$(BIN)/python -m bench.semantics

BENCH ?= build/bench
PEERS ?= python3

build/bench/about.json: # 1 GB of JSON, always the same
	$(BIN)/python -m bench.trails $(BENCH)

bench: setup-dev build/bench/about.json ## measure reading, indexing and their peers (PEERS: a python with the extra bench-peers); writes docs/performance.md
	$(BIN)/python -m bench.performance --trail $(BENCH) --peers-python $(PEERS) --output docs/performance.md

bench-memory: setup-dev build/bench/about.json ## the peak memory of indexing
	$(BIN)/python -m bench.memory $(BENCH)

bench-profile: setup-dev build/bench/about.json ## where the time of indexing goes
	$(BIN)/python -m bench.performance.profile $(BENCH)

openapi: setup ## write openapi.yaml from the app
	$(BIN)/whittle openapi --output openapi.yaml

sample: setup ## write the sample trail again from its generator
	$(BIN)/python -m samples.generate samples/trail

catalog: setup ## make the bundled catalog again from its sources (needs npm)
	$(BIN)/python -m catalog.build

lock: ## resolve the two lock files again (needs uv)
	uv pip compile pyproject.toml --extra build --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove the environment and what tools left
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info build
