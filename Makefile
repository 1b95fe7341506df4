# Hameau: every task a person needs. "make" alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALLED := $(VENV)/.installed
DEVELOPING := $(VENV)/.developing
SOURCES := src tests tools samples bench

.PHONY: help run install test check bench format messages docs lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: $(INSTALLED) ## set up everything, ask one question over the samples, then serve the pages
	@$(BIN)/hameau demo

install: $(INSTALLED) ## make .venv with the hameau command in it
	@echo "$(BIN)/hameau"

test: $(DEVELOPING) ## set up everything and run all tests
	@$(BIN)/python -m pytest $(PYTEST)

check: $(DEVELOPING) ## format, lint, types, imports, docs, translations
	@$(BIN)/ruff format --check $(wildcard $(SOURCES))
	@$(BIN)/ruff check $(wildcard $(SOURCES))
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python tools/messages.py --check
	@$(BIN)/python -m pytest -q tests/architecture

bench: $(DEVELOPING) ## measure on this machine and write docs/benchmarks.md
	@$(BIN)/python bench/run.py $(BENCH)

format: $(DEVELOPING) ## put the code into its form
	@$(BIN)/ruff check --fix --quiet $(wildcard $(SOURCES)) || true
	@$(BIN)/ruff format $(wildcard $(SOURCES))

messages: $(DEVELOPING) ## collect the texts to translate and compile the translations
	@$(BIN)/python tools/messages.py

docs: $(DEVELOPING) ## write the pages of docs/ that come from the code
	@$(BIN)/python tools/docs.py

lock: $(DEVELOPING) ## choose versions anew and pin them with their hashes
	@$(BIN)/python tools/lock.py --upgrade

clean: ## remove what make made (never the home folder of Hameau)
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools samples -name __pycache__ -prune -exec rm -rf {} +

# A stamp is written last, so an interrupted installation starts again; unchanged pins are not read twice.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Hameau needs Python 3.11 or newer; try: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "Python's venv is missing; on Debian: apt install python3-venv" >&2; exit 1; }

$(INSTALLED): constraints.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Hameau into $(VENV) ..."
	@$(PIP) --require-hashes --only-binary :all: -r constraints.txt
	@$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(DEVELOPING): constraints-dev.txt $(INSTALLED)
	@echo "Installing the tools to work on Hameau ..."
	@$(PIP) --require-hashes --only-binary :all: -r constraints.txt -r constraints-dev.txt
	@touch $@
