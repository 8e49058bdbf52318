# Every target has a one-line description after ##; `make help` prints them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export AIRFLOW_HOME ?= $(CURDIR)/var/airflow
export GX_ANALYTICS_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## List every target in a line each
	@grep -hE '^[a-z][a-zA-Z_-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv with the policestats command, from the hashed lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version) if sys.version_info < (3, 11) else None'
	@echo "Installing the locked packages into $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(STAMP)

lock: ## Resolve pyproject.toml again into requirements.lock (hashes, no host names)
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet uv; }
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --extra celery --extra dev --no-emit-index-url --no-header pyproject.toml -o requirements.lock

demo: setup ## Simulate a small province and take it to a published release through the real Airflow DAG
	@$(BIN)/python -m policestats.demo

airflow: setup ## Start a local Airflow with the DAGs and the made-up province; Ctrl-C ends it
	@$(BIN)/python -m policestats.local_airflow

test: setup ## Lint, types, import contract, schemas and the quick tests (some 15 minutes)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pytest -q -n 2 --dist loadfile -m "not slow"

test-all: test ## Everything in `test`, then the slow tests (the better part of an hour)
	@$(BIN)/pytest -v -n 2 --dist loadfile --no-loadscope-reorder --durations=25 -m slow

mutate: setup ## Break every definition on purpose; the hand-computed cases must notice (the better part of an hour)
	@$(BIN)/python -m tests.mutation

bench: setup ## Measure extract to release, tabulation and loads beside bare programs (many minutes)
	@$(BIN)/python -m tests.bench

format: setup ## Format the code and sort its imports
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean: ## Remove the run-time data under var/ (never the environment)
	rm -rf var

.PHONY: help setup lock demo airflow test test-all mutate bench format clean
