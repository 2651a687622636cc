# Two commands do all the set-up: `make run` serves the app, `make test` checks everything.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8501
ADDRESS ?= 127.0.0.1
REPLICAS ?= 3
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
IN = $(VENV)/bin/python -m

.PHONY: run replicas test lint format clean

run: $(VENV)/app
	$(IN) streamlit run app/server.py --server.port=$(PORT) --server.address=$(ADDRESS)

replicas: $(VENV)/app
	$(IN) deploy.replicas --replicas $(REPLICAS) --port $(PORT) --address $(ADDRESS) $(if $(INNER_PORT),--inner-port $(INNER_PORT))

test: lint chromium nginx
	$(IN) pytest
	@$(MAKE) --no-print-directory audit || true # advisory: what is found out about others' code is no fault of a commit

lint: $(VENV)/dev
	$(IN) ruff format --check .
	$(IN) ruff check .
	$(IN) mypy
	$(IN) vulture
	$(IN) pytest tests/test_boundaries.py

format: $(VENV)/dev
	$(IN) ruff format .
	$(IN) ruff check --fix .

# Known faults of what we build on. What it found it says, and so it does where it could not look.
.PHONY: audit
audit: $(VENV)/dev
	@$(VENV)/bin/python tests/audit.py

# Each entrance for so many seconds, led by what the code does.
SECONDS ?= 60
KNOCK = PYTHONPATH=.:tests $(IN) fuzz
.PHONY: fuzz
fuzz: $(VENV)/fuzz
	@for entrance in $$($(KNOCK) --list); do $(KNOCK) $$entrance -max_total_time=$(SECONDS) -rss_limit_mb=4096 || exit 1; done

$(VENV)/fuzz: $(VENV)/dev
	$(PIP) atheris==3.0.0
	touch $@

# torch is left out: which build of it is wanted, with CUDA or without, is for whoever installs to say. What it needs
# besides is named here, so that it is locked too.
TORCH_NEEDS = filelock fsspec jinja2 networkx setuptools sympy typing-extensions
.PHONY: lock
lock: $(VENV)/dev
	(grep -v '^torch==' requirements.txt; printf '%s\n' $(TORCH_NEEDS)) | $(IN) uv pip compile - --quiet --python-version 3.11 \
		--universal --generate-hashes --no-annotate --custom-compile-command 'make lock' --output-file requirements.lock

.PHONY: chromium nginx
chromium nginx:
	@sh tests/browser/$@.sh

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

# Seconds, for every save: format, lint, types, dead code, and that no import turns back. `make test` begins with it.
.PHONY: check
check: lint
