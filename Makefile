# Everything happens in .venv, which is made when it is missing and renewed when what it is made from has changed.

PYTHON ?= $(shell for name in python3 python3.15 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
READY := .venv/ready
JOBS ?= 6
COVERED ?= tests
MINUTES ?= 60
PACKAGES := probe observer widgets tui scenarios

.PHONY: help run demo test test-all test-cpython test-libraries fuzz check coverage docs dist format benchmark clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "rockproc-tui needs Python 3.11 or later: install it, or name it as PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev --group docs
	@mkdir -p .venv/links/rockproc  # the type checker finds the package there: an editable install is a hook it cannot run
	@for folder in $(PACKAGES); do ln -sfn ../../../$$folder .venv/links/rockproc/$$folder; done
	@touch $@

run: $(READY)  ## open the Catalog
	@$(BIN)/rockproc-tui

demo: $(READY)  ## run a scenario without a screen, and print its report
	@$(BIN)/rockproc-tui run scenarios/queue_basics.py

check: $(READY)  ## formatter, linter, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright --warnings

test: check  ## all of that, and the tests; those that fail are run once more, one at a time
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow" || \
		$(BIN)/python -m pytest --last-failed --last-failed-no-failures none -m "not slow"

test-cpython: $(READY)  ## CPython's own multiprocessing tests, bare and observed, compared
	$(BIN)/python -m tests.cpython.compare

test-libraries: $(READY)  ## the tests of libraries built on multiprocessing, bare and observed, compared
	$(BIN)/python -m tests.libraries.compare

fuzz: $(READY)  ## damage recordings and journals for an hour (MINUTES=60)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

test-all: check  ## also the tests that take minutes
	$(BIN)/python -m pytest -n $(JOBS) --timeout 900

coverage: $(READY)  ## which lines the fast tests run, also of the probe in child processes of this interpreter
	$(BIN)/python -m coverage erase
	-$(BIN)/python -m coverage run -m pytest -m "not slow" $(COVERED)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --show-missing --skip-covered --sort=cover

docs: $(READY)  ## build the manual into site/
	$(BIN)/python -m mkdocs build --strict --quiet

dist: $(READY)  ## build the source distribution and the wheel into dist/
	$(BIN)/python -m build

format: $(READY)  ## format the code, and fix what the linter can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmark: $(READY)  ## what observation costs a program
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --group benchmarks
	$(BIN)/python -m benchmarks.cost

clean:
	rm -rf .venv build dist site htmlcov .coverage *.egg-info
