# `make` lists the commands. Everything runs in .venv, and the docs are built in .venv-docs: both are
# made at the first call.
.DEFAULT_GOAL := help
.PHONY: help demo test check lint docs unit browser clean FORCE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.xdsc-installed
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check $(if $(CI),--no-input)
# Each process would compile TensorFlow and all else anew, 20 s, where nothing may be kept.
unexport PYTHONDONTWRITEBYTECODE
# Resolves and installs in a sixth of pip's time.
UV := $(BIN)/uv pip install -q --python
DOCS_VENV := .venv-docs
DOCS_PYTHON := $(DOCS_VENV)/bin/python
DOCS_STAMP := $(DOCS_VENV)/.xdsc-installed

# The supported range is read from pyproject.toml, with syntax that any Python 3 understands.
define CHECK_PYTHON
import re, sys
spec = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', open("pyproject.toml").read())
low, high = int(spec.group(1)), int(spec.group(2)) - 1
if not (3, low) <= sys.version_info[:2] <= (3, high):
    sys.exit("xdsc needs Python 3.%d to 3.%d, and $(PYTHON) is %s.\n"
             "  To fix: install one of them and name it, e.g. make test PYTHON=python3.%d"
             % (low, high, sys.version.split()[0], high))
endef
export CHECK_PYTHON

# Imported once before several processes do it at the same time, each of which would compile it.
define COMPILE
import matplotlib.pyplot
from xdsc.networks import load_keras
load_keras()
endef
export COMPILE

# An environment whose Python no longer runs, or that was made in another folder, is made anew.
ifneq ($(shell $(BIN)/python -c "print(1)" 2>/dev/null)-$(shell cat $(STAMP) 2>/dev/null),1-$(CURDIR))
$(STAMP): FORCE
endif

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## find the regimes of the tutorial Dataset; figures go to demo/
	@$(BIN)/python docs/demo.py

# The docs are built beside all else, which takes one process or waits a lot.
test: $(STAMP) ## everything: format, lint, types, import contracts, docs, tests, doctests
	@$(MAKE) --no-print-directory -j2 docs unit FIRST=lint

check: test

lint: $(STAMP) ## format, lint, types and import contracts only
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --diff .; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# -E reads every page anew: a notebook is run again when only the package has changed.
docs: $(DOCS_STAMP) ## build the docs into docs/_build/html and run the notebooks; warnings are errors
	@rm -rf docs/generated
	@$(DOCS_PYTHON) -m sphinx -E -T -W --keep-going -q -b html docs docs/_build/html
	@echo "docs: docs/_build/html/index.html"

unit: $(STAMP) $(FIRST) ## tests, doctests and the code blocks of README.md and docs/ only
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

browser: $(STAMP) ## type the quickstart into JupyterLab; pictures go to benchmarks/results/browser/
	@$(UV) $(BIN)/python --editable '.[browser]'
	@$(BIN)/python benchmarks/browser.py

clean: ## remove both environments and everything that was built
	@rm -rf $(VENV) $(DOCS_VENV) build dist demo docs/_build docs/generated docs/notebooks
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found. To fix: install Python 3." >&2; exit 1; }
	@$(PYTHON) -c "$$CHECK_PYTHON"
	@[ ! -e $@ ] || [ "$$(cat $@)" = "$(CURDIR)" ] || rm -rf $(VENV)
	@$(BIN)/python -c "$$CHECK_PYTHON" 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing xdsc and its tools into $(VENV), once (TensorFlow is large: some minutes)"
	@$(PIP) install uv && $(UV) $(BIN)/python --editable '.[dev]' || $(PIP) install --editable '.[dev]'
	@$(BIN)/python -c "$$COMPILE"
	@echo "$(CURDIR)" > $@

# A fresh environment of what `pip install 'xdsc[docs]'` brings, so that the extra is known to be
# complete. It takes some seconds: its files are those of .venv, linked by uv.
$(DOCS_STAMP): $(STAMP)
	@$(BIN)/python -m venv --clear --without-pip $(DOCS_VENV)
	@$(UV) $(DOCS_PYTHON) --editable '.[docs]' || $(PIP) --python $(DOCS_PYTHON) install --editable '.[docs]'
	@echo "$(CURDIR)" > $@

FORCE:
