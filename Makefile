# One command each: `make run` shows Tocsin at work, `make test` proves it.
# Everything lives in .venv; `make env` makes it anew when a lock file changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: env dev run test lint docs bench bench-pipeline bench-startup soak lock clean

env: $(VENV)/.run

dev: $(VENV)/.dev

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tocsin needs Python 3.11 or newer"; exit 2; }
	@tools/make-venv $(PYTHON) $(VENV)

$(VENV)/.run: requirements/run.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	touch $@

run: env
	@$(BIN)/tocsin demo

test: dev
	@tools/install-test-programs
	$(MAKE) --no-print-directory lint docs
	@tools/run-tests $(BIN)

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: dev
	$(BIN)/mkdocs build --quiet --strict

bench: bench-pipeline bench-startup

bench-pipeline: dev
	$(BIN)/python bench/pipeline.py

bench-startup: dev
	$(BIN)/python bench/startup.py

# Longer than belongs into `make test`: the crash test with its full number of rounds.
soak: dev
	TOCSIN_SOAK=1 $(BIN)/pytest tests/crash -p no:randomly

lock:
	tools/lock

clean:
	rm -rf $(VENV) site build dist
