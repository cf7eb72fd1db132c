# Two commands do all the set-up: `make run` starts the product, `make test` runs every test.
# Both make .venv and install the locked versions into it by themselves, again whenever a lock file changes.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check evaluate train bench faults format docs lock clean

run: .venv/runtime.stamp  ## serve on 127.0.0.1:8000
	@exec $(BIN)/python main.py

test: .venv/dev.stamp .venv/gateway.stamp  ## every test
	@$(BIN)/python -m pytest $(PYTEST)

check: .venv/dev.stamp  ## lint, format, types, import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

FILE ?= tests/data/messages.jsonl
BY ?= dialect
evaluate: .venv/runtime.stamp  ## how well labelled messages are understood; FILE=mine.jsonl BY=source for your own
	@$(BIN)/callcenter evaluate "$(FILE)" --by "$(BY)"

bench: .venv/bench.stamp  ## goals beside their peers, in one run; BENCH="fuzz" for what benchmarks/README.md names
	$(BIN)/python -m benchmarks $(BENCH)

faults: .venv/faults.stamp  ## a model's faults as llmock, not our own double, plays them; see drills/
	@$(BIN)/python -m pytest drills $(PYTEST)

train: .venv/train.stamp  ## the learnt layer, from training/messages; CHECK=1 tries it on trades left out instead
	$(BIN)/python -m scripts.train $(if $(CHECK),--check)

format: .venv/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/dev.stamp  ## the parts of docs/ that come from the code
	$(BIN)/python -m scripts.document_settings

# The newest versions that fit pyproject.toml; no index address gets into the files.
lock: .venv/runtime.stamp
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --constraint requirements-dev.lock --group bench pyproject.toml -o requirements-bench.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --constraint requirements-dev.lock --group train pyproject.toml -o requirements-train.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --constraint requirements-dev.lock --group faults pyproject.toml -o requirements-faults.lock

clean:
	rm -rf .venv tests/gateway/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@PYTHON="$(PYTHON)" sh scripts/make-venv

# The editable install puts the `callcenter` command into .venv/bin; its build backend is in the lock.
.venv/runtime.stamp: requirements.lock pyproject.toml .venv/bin/python
	@echo "Installing the locked dependencies into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/runtime.stamp
	@echo "Installing the locked development tools into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# What stands in for a Supabase project. Without npm, or without what it fetches, the tests that need it say so.
.venv/gateway.stamp: tests/gateway/package-lock.json .venv/bin/python
	@if command -v npm >/dev/null; then \
	  echo "Installing the locked packages of tests/gateway (once) ..."; \
	  npm ci --prefix tests/gateway --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@ \
	    || echo "They could not be installed."; \
	fi

# What the benchmarks measure us beside, and nothing else needs.
.venv/bench.stamp: requirements-bench.lock .venv/dev.stamp
	@echo "Installing the locked benchmark peers into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

.venv/train.stamp: requirements-train.lock .venv/dev.stamp
	@echo "Installing the locked tools for learning into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-train.lock
	@touch $@

.venv/faults.stamp: requirements-faults.lock .venv/dev.stamp
	@echo "Installing the locked llmock into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-faults.lock
	@touch $@
