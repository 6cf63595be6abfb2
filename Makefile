# One command each: `make run` shows Tocsin at work, `make test` proves it.
# Everything lives in .venv; `make env` makes it anew when a lock file changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: env dev run test run-tests lint lint-beside docs bench bench-startup bench-collect bench-pipeline bench-outbox \
  bench-farrelay bench-latency bench-memory bench-probe bench-diagnosis bench-feedback soak fuzz lock clean

env: $(VENV)/.run

dev: $(VENV)/.dev

$(VENV)/bin/pip:
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

# Side by side; the documentation is among the tests, which build it as strictly as `make docs`.
test: dev
	@tools/install-test-programs
	@$(MAKE) --no-print-directory --jobs 2 lint-beside run-tests

# What it says is shown in one piece, when it is over.
lint-beside: dev
	@$(MAKE) --no-print-directory --output-sync=target lint

run-tests: dev
	@tools/run-tests $(BIN)

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=bench $(BIN)/mypy bench tools/pages.py
	$(BIN)/lint-imports

docs: dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# Peers are measured in the same run, so many times: make bench-outbox ROUNDS=3
bench: bench-startup bench-collect bench-probe bench-pipeline bench-outbox bench-farrelay \
  bench-latency bench-memory bench-diagnosis bench-feedback

bench-collect bench-pipeline bench-outbox bench-farrelay bench-latency bench-memory: ROUNDS = 5
bench-collect bench-pipeline bench-outbox bench-farrelay bench-latency bench-memory: bench-%: env
	@tools/install-bench-programs
	$(BIN)/python bench/$*.py --rounds $(ROUNDS)

bench-startup: env
	$(BIN)/python bench/startup.py

# Against sslyze in an environment of its own: make bench-probe TOCSIN_SSLYZE_PYTHON=/there/bin/python
bench-probe: ROUNDS = 5
bench-probe: env
	$(BIN)/python bench/probe.py --rounds $(ROUNDS)

bench-feedback: env
	$(BIN)/python bench/feedback.py

# Every rehearsal fault and every pair, beside what other programs say; sslyze as in bench-probe.
bench-diagnosis: env
	@tools/install-bench-programs
	$(BIN)/python bench/diagnosis.py

# A hundred kills again and again, each time at other moments and in another order: make soak ROUNDS=50
ROUNDS ?= 10
soak: dev
	for round in $$(seq $(ROUNDS)); do TOCSIN_SOAK=$$round $(BIN)/pytest tests/crash/test_everything.py -q || exit 1; done

# New ways through the mail code are looked for, so long for each target: make fuzz SECONDS=600
SECONDS ?= 60
fuzz: dev
	for target in conversation reply; do \
	  $(BIN)/python tests/fuzz/run.py $$target -max_total_time=$(SECONDS) || exit 1; done

lock:
	tools/lock

clean:
	rm -rf $(VENV) site build dist
