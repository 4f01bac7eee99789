# Everything a developer or a newcomer types. Each target does its own set-up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PY     := $(BIN)/python
SOURCE := settings.py bot handlers storage
JOBS   ?= auto
COMPILE = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

.PHONY: demo run quick test months matrix check format lint types contracts dead bench lock third-party clean

demo: $(VENV)/.installed          ## play the sample case of 2021 and show it
	$(PY) -m bot demo --once

run: $(VENV)/.installed           ## run the bot on ./data
	$(PY) -m bot run

# Each process of the tests loads everything again: bytecode saves a third, also where the environment keeps none.
TEST := PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n $(JOBS) --dist worksteal

quick: $(VENV)/.installed-dev     ## rules, actions, handlers and storage, on SQLite: in a minute
	$(TEST) --sqlite $(addprefix tests/,rules actions policies delivery handlers storage)

test: $(VENV)/.installed-dev      ## all tests, SQLite and PostgreSQL
	$(TEST)

months: $(VENV)/.installed-dev     ## two months of a city office, 260 tickets: promises, numbers, how much people hear
	$(PY) -m tests.months 260 1

matrix:                           ## all tests on every Python from 3.11 to 3.14 that is found here
	@.ci/matrix

check: lint types contracts dead test  ## exactly what CI runs

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

contracts: $(VENV)/.installed-dev
	$(BIN)/lint-imports

dead: $(VENV)/.installed-dev      ## what nothing uses
	$(BIN)/vulture

bench: $(VENV)/.installed-dev     ## figures against something else in the same run
	$(PY) -m benchmarks

lock:                             ## compile the requirement files anew (needs uv)
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) --group dev --constraint requirements.txt -o requirements-dev.txt

third-party: $(VENV)/.installed-dev   ## list what the locked packages are licensed under
	$(PY) -m tests.third_party

clean:
	rm -rf $(VENV) .venv-3.* data demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更高版本（Python 3.11+ is needed）。可用 make PYTHON=python3.12 指定。" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "这个 Python 缺少 venv，请先安装（Debian/Ubuntu:apt-get install python3-venv）。" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
