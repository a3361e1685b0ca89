# Think Family. `make demo` shows it, `make test` proves it, `make run` starts it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 3  # of two cores: some tests wait for clocks and other processes

.DEFAULT_GOAL := help
.PHONY: help demo run check test lint types tests unit coverage bench chaos lock clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F '\t' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/made: Makefile
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/runtime: $(VENV)/made requirements.lock pyproject.toml
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/dev: $(VENV)/runtime requirements-dev.lock
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

demo: $(VENV)/runtime ## two years of real campaigns reach 300 synthetic families; nothing leaves this machine
	$(BIN)/thinkfamily rehearse

run: $(VENV)/runtime ## start the bot with the settings in .env
	$(BIN)/thinkfamily run

check: $(VENV)/runtime ## check campaigns/, templates/ and config/
	$(BIN)/thinkfamily check

test: lint types tests ## everything that must pass: style, types, all tests on SQLite and PostgreSQL

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

# Whatever the environment says, Python keeps what it compiled: every process of the tests starts sooner.
tests unit coverage bench chaos: export PYTHONDONTWRITEBYTECODE :=

tests: $(VENV)/dev
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

coverage: $(VENV)/dev ## the same tests, and which lines of bot/ they run; counting takes twice as long
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term

unit: $(VENV)/dev ## the tests in one process; ARGS="tests/domain -k calm" narrows them
	$(BIN)/pytest $(ARGS)

bench: $(VENV)/dev ## every figure of docs/performance.md; ARGS="--quick --only B5" narrows it
	$(BIN)/python -m benchmarks $(ARGS)

chaos: $(VENV)/dev ## a long run in which everything breaks; ARGS="--seed 7 --minutes 10" chooses, ARGS=--help lists
	$(BIN)/python -m tests.chaos $(ARGS)

lock: $(VENV)/made ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --group dev --extra postgres --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header --quiet --output-file requirements-dev.lock
	uv pip compile pyproject.toml --extra postgres --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header --quiet --constraint requirements-dev.lock --output-file requirements.lock

clean: ## remove the environment and what tests left
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build dist
