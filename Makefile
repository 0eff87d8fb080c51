# Everything a person types. `make run` and `make test` need nothing but Python 3.11+, git and make.
SHELL := /bin/bash
BIN := .venv/bin
SECONDS ?= 600
JOBS ?= $(shell n=$$(nproc); echo $$(( n > 4 ? 4 : n )))
PRODUCT := .venv/.installed-product
DEV := .venv/.installed-dev

.PHONY: help run test check lint scan bench fuzz clean lock

help:
	@echo "make run     start Rapport here (PORT=8000), with a demo tenant; Ctrl-C stops it"
	@echo "make test    everything: style, types, arrows, all tests with a real browser (PG=system: PostgreSQL from Debian)"
	@echo "make check   the fast part: style, types, arrows, secrets and advisories, unit tests"
	@echo "make bench   the measurements, each beside its floor"
	@echo "make fuzz    made-up requests to the API for ten minutes (SECONDS=3600 for an hour)"
	@echo "make lock    resolve requirements/*.in again, with hashes"
	@echo "make clean   remove data, environment and caches"

run: $(PRODUCT)
	@exec $(BIN)/python -m infra.local run

test: $(DEV)
	@infra/local/chromium.sh
	@infra/local/proxies.sh
	@failed=0; $(MAKE) --no-print-directory lint scan || failed=1; \
	$(BIN)/python -m pytest -n $(JOBS) -q || failed=1; exit $$failed

check: lint scan
	@$(BIN)/python -m pytest --unit -q -n $(JOBS)

scan: $(DEV)
	@$(BIN)/python -m tests.scan

lint: $(DEV)
	@failed=0; $(BIN)/ruff check --quiet . || failed=1; \
	$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check . | grep -i reformat; failed=1; }; \
	$(BIN)/mypy --no-error-summary || failed=1; \
	$(BIN)/lint-imports >/dev/null || { $(BIN)/lint-imports; failed=1; }; exit $$failed

fuzz: $(DEV)
	@FUZZ_SECONDS=$(SECONDS) exec $(BIN)/python -m pytest tests/web/api/fuzz.py -q

bench: $(DEV)
	@exec $(BIN)/python -m tests.bench

clean:
	@infra/local/clean.sh

UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade
lock: $(DEV)
	@for name in product dev tools; do $(UV_LOCK) requirements/$$name.in -o requirements/$$name.txt || exit 1; done

$(PRODUCT): requirements/product.txt requirements/tools.txt pyproject.toml
	@infra/local/install.sh product

$(DEV): requirements/dev.txt requirements/tools.txt pyproject.toml
	@infra/local/install.sh dev
