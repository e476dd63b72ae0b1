# Every target makes what it needs, from a bare Python >= 3.11 and make.
# Another interpreter: make PYTHON=python3.12 demo (delete .venv first to change an existing one).
VENV := .venv
BIN := $(VENV)/bin
# One stamp per kind of installation: to run kaiche, to work on it, and to measure it.
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
AUDIT := $(VENV)/.installed-audit
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: help demo serve test check audit bench format clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo    simulated shops over HTTP, night after night, and tonight'"'"'s proposal'
	@echo 'make serve   REST on what the demo made'
	@echo 'make test    every test'
	@echo 'make check   style, types, borders, dependencies, migrations'
	@echo 'make audit   known holes in what is pinned; asks a service on the network'
	@echo 'make bench   measurements, a quarter of an hour; BENCHMARKS=--full: hours'
	@echo 'make format  put the code into the house style'
	@echo 'make clean   remove the virtual environment and caches (var/, with your data, stays)'

$(BIN)/python:
	@PYTHON='$(PYTHON)' sh .ci/venv $(VENV)

$(RUN): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing kaiche into $(VENV); the first time takes a few minutes.' >&2
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing kaiche and its tools into $(VENV); the first time takes a few minutes.' >&2
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $(RUN) $@

$(BENCH): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing kaiche, its tools and a sampler into $(VENV); the first time takes a few minutes.' >&2
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable '.[dev,bench]'
	@touch $(RUN) $(DEV) $@

$(AUDIT): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing the auditor into $(VENV).' >&2
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable '.[dev,audit]'
	@touch $(RUN) $(DEV) $@

demo: $(RUN)
	@$(BIN)/kaiche demo

serve: $(RUN)
	@$(BIN)/kaiche serve

test: $(DEV)
	$(BIN)/python -m pytest -n auto

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m tests.supply
	$(BIN)/kaiche database check --fresh

audit: $(AUDIT)
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict $(AUDITING)

bench: $(BENCH)
	$(BIN)/python -m tests.benchmarks $(BENCHMARKS)

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
