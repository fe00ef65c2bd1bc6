# make app    set everything up, build the library from data/digests, open the page
# make test   set up what tests need, then ruff, mypy --strict, deno and pytest
# make quick  the same without browsers, servers and slow tests
# make help   the rest

VENV := .venv
BIN := $(VENV)/bin
AUDIT := .venv-audit
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && { echo $$p; break; }; done)

# How long `make fuzz` runs.
SECONDS := 60

# Tests start many processes, each of which would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help app library test static tests quick quick-tests test-cluster coverage lint types javascript \
	bundles check-browser fuzz bench pictures constraints verified audit licences clean

# A worker runs whole modules, whose fixtures hold servers and browsers; those that open a browser
# come first (tests/conftest.py), so that no worker is left with one of them at the end.
PYTEST := $(BIN)/python -m pytest --numprocesses 3 --dist loadfile \
	--no-loadscope-reorder --max-worker-restart 0

help:
	@echo "make app          set up, build the library from data/digests, open the page"
	@echo "make library      set up, build or update the library"
	@echo "make test         set up, run all checks: ruff, mypy --strict, deno, pytest"
	@echo "make quick        the checks that need no browser and no server, in a minute or two"
	@echo "make coverage     how much of the code the tests in one process run"
	@echo "make test-cluster the tests that start servers and clusters on this machine"
	@echo "make javascript   format, lint, types and tests of the JavaScript; are its bundles current"
	@echo "make fuzz         try damaged digests on all readers, for SECONDS=60 or as long as you like"
	@echo "make bundles      bundle the map's JavaScript anew, after a change of it"
	@echo "make bench        measure; slower than the tests"
	@echo "make pictures     take the screenshots in docs/pictures anew"
	@echo "make constraints  resolve constraints.txt anew"
	@echo "make verified     set up with every package checked by its SHA-256; then make app"
	@echo "make audit        known weaknesses of the pinned packages (asks the index of packages)"
	@echo "make licences     write docs/licences.md anew"
	@echo "make clean        remove what the above made, the library too"

app: library
	$(BIN)/streamlit run streamlit_app.py

library: $(VENV)/.installed
	$(BIN)/python index_build.py

# Side by side: tests wait for servers and browsers half of the time.
test: $(VENV)/.installed-dev check-browser
	@$(MAKE) --no-print-directory --jobs 2 static tests

static: lint types javascript

tests: $(VENV)/.compiled
	$(PYTEST) -m "not cluster"

quick: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory --jobs 2 static quick-tests

quick-tests: $(VENV)/.compiled
	$(PYTEST) -q --numprocesses 2 -m "not slow and not browser and not cluster" \
		--hypothesis-profile quick

coverage: $(VENV)/.installed-dev
	$(PYTEST) -q -m "not browser and not cluster" --cov --cov-report term:skip-covered

test-cluster: $(VENV)/.installed-cluster
	$(BIN)/python -m pytest -m cluster

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

# Deno comes as a Python package; its tasks are in deno.json.
javascript: $(VENV)/.installed-dev
	$(BIN)/deno task --quiet check

bundles: $(VENV)/.installed-dev
	$(BIN)/deno task --quiet bundle explorer/map/browser/bundles

check-browser: $(VENV)/.installed-dev
	$(BIN)/python -m tests.helpers.browser

fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m tests.readers.fuzz --seconds $(SECONDS)

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

pictures: library $(VENV)/.installed-dev check-browser
	$(BIN)/python docs/take_pictures.py

constraints: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m uv pip compile --universal --all-extras --python-version 3.11 --no-annotate \
		--quiet --upgrade --custom-compile-command "make constraints" \
		--constraints constraints.in --output-file constraints.txt pyproject.toml
	printf 'hatchling\neditables\n' | $(BIN)/python -m uv pip compile --universal \
		--python-version 3.11 --no-annotate --quiet --upgrade --generate-hashes \
		--custom-compile-command "make constraints" --constraints constraints.txt \
		--output-file requirements.lock pyproject.toml -

# pip takes no hashes for an editable install, so that the packages come first. hatchling builds it.
verified: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.installed

# In an environment of its own: it is no part of the product.
audit:
	@test -n "$(PYTHON)" && $(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet pip-audit
	$(AUDIT)/bin/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

licences: $(VENV)/.installed-dev
	$(BIN)/python -m tests.helpers.licences

clean:
	rm -rf $(VENV) $(AUDIT) data/library .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

# The stamps make a second run do nothing unless what is to be installed has changed.
$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.installed

# Numba compiles what UMAP imports, and keeps it: once here, else in each process of the tests.
$(VENV)/.compiled: $(VENV)/.installed-dev
	$(BIN)/python -c "import umap"
	@touch $@

$(VENV)/.installed-cluster: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,cluster]'
	@touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. On Debian or Ubuntu:" \
		"sudo apt install python3 python3-venv; on macOS: brew install python"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing." \
		"On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV); this takes a minute or two the first time."
