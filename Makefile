.PHONY: help setup setup-ci demo test check bench verifier lock clean
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
PHOTOS ?=

help:            ## list the recipes
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / \t/' | expand -t 12

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Fairplate needs Python 3.11 or newer; set PYTHON=python3.11, say" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "Python lacks venv: sudo apt-get install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.lock
	$(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: .venv/.ready ## make .venv with everything, so that .venv/bin/fairplate works

setup-ci:        ## install the system packages that only the extra tests need (root)
	bash .ci/system-packages

demo: setup      ## render a street clip, read it, show matches (PHOTOS=… adds your own pictures)
	$(BIN)/fairplate demo $(PHOTOS)

test: setup      ## run the tests
	$(BIN)/python -m pytest

check: setup     ## lint, types, import rules, architecture and docs tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture tests/docs

bench: setup     ## measure the engines on the pictures in ../shared/data/plates
	$(BIN)/python bench/recognition.py --engine ppocr

verifier: setup  ## pack the audit log's offline verifier into dist/fairplate-verify.pyz
	$(BIN)/python -m fairplate.verify.packing dist/fairplate-verify.pyz

lock: setup      ## resolve the dependencies anew, leaving out releases younger than a week
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --all-extras --group dev --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--exclude-newer "$$(date -u -d '7 days ago' +%Y-%m-%d)" -o requirements.lock
	grep -A1000 '^uv==' requirements.lock | awk 'NR>1 && /^[a-z]/ {exit} {print}' > requirements-uv.lock

clean:           ## remove what setup and the demo made
	rm -rf .venv demo-output
