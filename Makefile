# Each target does its own set-up, in .venv: a machine with python3 and make is enough.

PYTHON ?= python3
ARGS ?=
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq

# PyTorch's own index has the build without CUDA, a tenth of the size. Where it cannot be reached, any build will do.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH = $(shell sed -n 's/^train = \["\(.*\)"\]/\1/p' pyproject.toml)

# Many tests wait for a daemon or a broker: one worker more than there are cores. Tests that are named run in one process, at once.
WORKERS = $(if $(filter tests%,$(ARGS)),0,$(shell expr 1 + $$(getconf _NPROCESSORS_ONLN)))

.PHONY: help run test check bench bench-short fuzz model clean
.DEFAULT_GOAL := help

help: ## show this list
	@echo 'usage: make TARGET [ARGS="..."]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

run: .venv/demo.stamp ## the demo: a broker, a plant with faults and the daemon  (ARGS="--headless --duration 60s --summary build/summary.json")
	.venv/bin/detector demo $(ARGS)

test: export PYTHONDONTWRITEBYTECODE = # many tests start a daemon: it is compiled once
test: check ## every check and every test  (ARGS="tests/unit -k scaling" for some of them, ARGS=--cov for coverage, WORKERS=0 in one process)
	$(PY) -m pytest -n $(WORKERS) $(ARGS)

check: .venv/dev.stamp ## format, lint, types and the floors of ARCHITECTURE.md
	$(PY) -m ruff format --check --quiet .
	$(PY) -m ruff check --quiet .
	$(PY) -m mypy
	.venv/bin/lint-imports

bench: .venv/dev.stamp ## throughput, latency, fleets, beside others; a quarter of an hour and more  (ARGS="ingest --rounds 1" for a part of it)
	.venv/bin/detector bench $(or $(ARGS),all --plot build/bench.svg) --out build/bench.json --against docs/bench.json

bench-short: .venv/dev.stamp ## all of that with tiny numbers, to see that it works
	.venv/bin/detector bench all --short --out build/bench-short.json

fuzz: .venv/dev.stamp ## feed the readers of payloads and files what breaks them  (ARGS="decode --runs 1000000" for one of them)
	@$(PIP) install --editable '.[fuzz]'
	$(PY) -m tests.fuzz $(ARGS)

model: .venv/dev.stamp ## train models/base anew, from a generated corpus, and its rivals models/gru and models/reservoir
	.venv/bin/detector corpus --out build/corpus
	.venv/bin/detector train --data build/corpus --out models/base
	.venv/bin/detector train --data build/corpus --out models/gru --cell gru
	.venv/bin/detector train --data build/corpus --out models/reservoir --untrained

clean: ## remove what make made, .venv included
	rm -rf .venv build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .coverage
	find detector tests -name __pycache__ -prune -exec rm -rf {} +

.venv/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'expected Python 3.11 or newer, got:' >&2; $(PYTHON) --version >&2; echo 'name another: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo '$(PYTHON) has no venv module: installing python3-venv'; apt-get update -qq && apt-get install -qq -y --no-install-recommends python3-venv; \
	  else echo '$(PYTHON) has no venv module; on Debian and Ubuntu: sudo apt-get install python3-venv' >&2; exit 1; fi; }
	$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/demo.stamp: .venv/made.stamp pyproject.toml
	@echo 'installing detector into .venv: some 100 MB'
	@$(PIP) install --editable '.[demo]'
	@touch $@

.venv/dev.stamp: .venv/made.stamp pyproject.toml
	@echo 'installing detector, PyTorch and the tools into .venv: some 1 GB, a minute or two'
	@$(PIP) install --retries 0 --timeout 15 --no-deps --extra-index-url $(TORCH_INDEX) '$(TORCH)'
	@$(PIP) install --editable '.[dev]'
	@touch .venv/demo.stamp $@
