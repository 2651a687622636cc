# Two commands do all the set-up: `make run` serves the app, `make test` checks everything.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8501
ADDRESS ?= 127.0.0.1
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
IN = $(VENV)/bin/python -m

.PHONY: run test lint format clean

run: $(VENV)/app
	$(IN) streamlit run app/server.py --server.port=$(PORT) --server.address=$(ADDRESS)

test: lint chromium
	$(IN) pytest

lint: $(VENV)/dev
	$(IN) ruff format --check .
	$(IN) ruff check .
	$(IN) mypy

format: $(VENV)/dev
	$(IN) ruff format .
	$(IN) ruff check --fix .

.PHONY: chromium
chromium:
	@sh tests/browser/chromium.sh

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make run PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/app: requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	touch $@

$(VENV)/dev: requirements-dev.txt requirements-cluster.txt $(VENV)/app
	$(PIP) -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
