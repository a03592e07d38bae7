# Needs make and Python 3.11 to 3.13 with venv; everything else goes into .venv, and the kernel beside its sources.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test check bench readme bundle clean
.DELETE_ON_ERROR:

serve: $(VENV)/.installed
	$(BIN)/petition-triage serve

test: $(VENV)/.installed-dev
	$(BIN)/pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/speed.py

readme: $(VENV)/.installed-dev
	$(BIN)/python -m scripts.settings_table

bundle: $(VENV)/.installed
	$(BIN)/python -m scripts.bundle dist

$(VENV)/.installed: pyproject.toml constraints.txt $(wildcard models/compiled/*)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) models/_kernel*.so models/_kernel*.pyd
