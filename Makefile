# Convenience over `python -m venv`, `pip` and `evaluation`; the README gives the same without make.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export PYTHONDONTWRITEBYTECODE := # what Python compiles is kept, whatever the machine says: 4 s of every process

.PHONY: help setup reports test lint check-batch coverage benchmark calibration academies boundary corruption disclosure fuzz influence intake linkage missing placebo power proportions questions star lock clean

help: ## what there is to make
	@grep -E '^[a-z -]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 28

setup: .venv/.ready ## make .venv with everything in requirements.lock

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' || \
	 { echo "Python 3.11 or later with venv is needed; name it with: make setup PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

reports: setup ## the main job: the sites of both shipped studies, under reports/
	$(BIN)/evaluation demo
	$(BIN)/evaluation run star
	$(BIN)/evaluation run ssif_maths

lint: setup ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## everything that must pass, within ten minutes on two cores
	$(BIN)/pytest -n 2 --dist loadscope -m "not slow"
	$(BIN)/pytest --nbval notebooks/90_worked_example.ipynb

check-batch: setup ## the slow tests but canaries one at a time: every page of both studies with one worker and two, kills, piles
	$(BIN)/pytest -m slow tests --deselect tests/pipeline/test_pipeline_canaries.py

coverage: setup ## coverage of the demo study's headline interval over 1,000 seeds, to docs/coverage.md
	$(BIN)/python benchmarks/coverage.py --seeds 1000 --jobs 2

benchmark: setup ## time and memory beside lme4 and statsmodels (needs R; a quarter of an hour), to docs/benchmark.md
	$(BIN)/python benchmarks/speed.py

calibration: setup ## type I error and power of every method, 10,000 studies a cell (needs R; half an hour), to docs/calibration.md
	$(BIN)/python benchmarks/calibration.py --studies 10000 --jobs 2

academies boundary corruption disclosure fuzz influence intake linkage missing placebo power proportions questions star: setup ## smaller studies, each to docs/ under its name (fuzz: ten thousand mutated files; intake: a million pupils)
	$(BIN)/python benchmarks/$@.py

lock: setup ## bring requirements.lock up to pyproject.toml
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra test \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean: ## remove the environment and everything made
	rm -rf .venv data/processed reports/*/
