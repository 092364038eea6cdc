# Two commands are all a newcomer needs: `make run` and `make test`. Each does its own set-up.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# Processes that share the tests; each engine runs in one of them.
WORKERS ?= 2

.PHONY: run test check check-types check-rest engines docs deploy bench clean

run: $(VENV)/.run
	@$(BIN)/kpictl run

# The gate: format, lint, types, import contracts, generated docs, then every test that this machine can run.
# With CI=true the engines and tools that are missing are installed meanwhile, and one that cannot be had fails the run.
# Tests start kpictl hundreds of times, so its bytecode is written even where the shell says otherwise.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.test
	@$(MAKE) --no-print-directory -j2 check-types check-rest $(if $(filter true,$(CI)),engines)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

check: check-rest check-types

check-types: $(VENV)/.test
	$(BIN)/mypy

check-rest: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

engines: $(VENV)/.test
	$(BIN)/python -m tests.oracles --install && $(BIN)/python -m tests.emit.tools

docs: $(VENV)/.test
	$(BIN)/python -m docs.generate

# The emitted files of the example, as `tests/emit/test_example.py` wants them.
deploy: $(VENV)/.test
	$(BIN)/python -m tests.emit.example

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) target

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.run
