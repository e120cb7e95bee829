# Holdfast: `make` alone prints what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
JOBS ?= 2

.PHONY: help setup demo test test-fast check format fix lint types imports coverage bench year mutate lock clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(UV):
	python3 -m venv .uv
	.uv/bin/python -m pip install --quiet uv

$(STAMP): requirements-dev.lock pyproject.toml | $(UV)
	$(UV) venv --quiet --allow-existing --python '>=3.11' $(VENV)
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements-dev.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $(STAMP)

setup: $(STAMP)  ## build .venv with .venv/bin/holdfast (installs uv where it is missing)

demo: setup  ## run the whole product on throw-away data; prints the page to open
	$(BIN)/holdfast demo

test: setup  ## set all up and run every test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

test-fast: setup  ## the tests without the slow ones
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m 'not slow'

check: format lint types imports coverage  ## everything CI asks: format, lint, types, import rules, tests

format: setup  ## are the files formatted? (`make fix` formats them)
	$(BIN)/ruff format --check .

fix: setup  ## format and repair what can be repaired
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: setup  ## ruff
	$(BIN)/ruff check .

types: setup  ## mypy, strict
	$(BIN)/mypy

imports: setup  ## the rules of the house (import-linter)
	$(BIN)/lint-imports

coverage: setup  ## the tests, and >= 95 % of the domain's branches
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup --cov --cov-report=
	$(BIN)/coverage report --include 'service/domain/*' --fail-under 95

bench: setup  ## print the benchmarks' medians and ratios as JSON
	$(BIN)/python -m benchmarks.slots --json

year: setup  ## live a simulated year, with Holdfast and without (a quarter of an hour or more)
	$(BIN)/python -m benchmarks.year

mutate: setup  ## mutation run over the domain (long)
	$(BIN)/mutmut run

lock: | $(UV)  ## renew requirements*.lock from pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --group dev pyproject.toml -o requirements-dev.lock

clean:  ## remove what was built
	rm -rf $(VENV) .uv .pytest_cache .mypy_cache .ruff_cache dist htmlcov
