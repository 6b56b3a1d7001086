# storecast: `make` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= home
DEMO := demo
DEMO_HOME ?= demo-home
DEMO_PORT ?= 8000
MANIFESTS := $(filter-out %/kustomization.yaml,$(wildcard deploy/kubernetes/*/*.yaml))

.DEFAULT_GOAL := help
# A process a core: with a thread for each core as well, they would wait for each other.
IN_PARALLEL := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE POLARS_MAX_THREADS=1
.PHONY: help setup setup-lstm setup-dev run demo test test-docs test-long test-page screenshots image-test lint types docs sbom bench bench-long lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(VENV)/.setup ## make .venv with the command .venv/bin/storecast

setup-lstm: $(VENV)/.setup-lstm ## the same, and PyTorch with ONNX, which train the model lstm: gigabytes on Linux

setup-dev: $(VENV)/.setup-dev ## the same, and what tests and checks need

run demo: export PYTHONDONTWRITEBYTECODE =
run: setup ## the main job, on a generated chain or on real files: make run [DATA=dir] [ARGS=--fast]
ifdef DATA
	$(BIN)/storecast run --data "$(DATA)" --out "$(HOME_DIR)" $(ARGS)
else
	$(BIN)/storecast demo-data --out $(DEMO)
	$(BIN)/storecast run --data $(DEMO) --out "$(HOME_DIR)" $(ARGS)
endif

demo: setup ## three months of a plan on a generated chain, served until Ctrl-C: overrides, budget, sales that came in
	$(BIN)/storecast demo --home "$(DEMO_HOME)"
	@echo "The page, once a model is served: http://127.0.0.1:$(DEMO_PORT)/app/"
	$(BIN)/storecast serve --home "$(DEMO_HOME)" --port "$(DEMO_PORT)" --no-keys --open

# The processes that tests start read compiled files, whatever the environment says.
test: setup-dev ## the tests: under 8 minutes, no network, no root, no browser
	$(IN_PARALLEL) $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-docs: setup-dev ## every command, script and notebook that the documentation shows
	$(IN_PARALLEL) $(BIN)/python -m pytest -n auto --dist loadfile -m docs

test-long: setup-dev ## the tests that take longer
	$(BIN)/python -m pytest -m long

test-page: setup-dev ## the tests that need a browser: Chromium or Chrome, which BROWSER_PATH can name
	$(IN_PARALLEL) $(BIN)/python -m pytest -n 2 --dist loadfile -m page

screenshots: setup-dev ## pictures of every view of the page, light and dark, wide and narrow, to screenshots/: make screenshots [HOME_DIR=demo-home]
	$(BIN)/python docs/screenshots.py --home "$(HOME_DIR)" --out screenshots $(ARGS)

image-test: setup-dev ## build the container image and ask it for a forecast: Linux, root, buildah and debootstrap
	$(BIN)/python -m pytest -m image tests/image

lint: setup-dev ## style, the direction of imports, and the files of deploy/
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/hadolint deploy/Dockerfile
	$(BIN)/zizmor --offline --pedantic --quiet .github/workflows
	$(BIN)/kubernetes-validate --strict --quiet $(MANIFESTS)

types: setup-dev ## mypy --strict
	$(BIN)/mypy

docs: setup-dev ## the documentation as a site, site/index.html; fails at a broken link
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --clean

sbom: setup-dev ## the bill of materials (CycloneDX), dist/sbom.json, and docs/licences.md
	$(BIN)/python deploy/bill_of_materials.py

bench: setup-dev ## the short benchmarks, written to docs/benchmarks.md: make bench [DATA=dir] [PEERS="mlforecast=peers/bin/python …"]
	$(BIN)/python benchmarks/benchmarks_page.py $(if $(DATA),--data "$(DATA)") $(addprefix --peer=,$(PEERS)) $(ARGS)

bench-long: setup-dev ## the long benchmarks, hours, on real files and their home: make bench-long DATA=dir [HOME_DIR=home]
	@test -f "$(HOME_DIR)/storecast.db" || { echo "make bench-long needs a home: make run DATA=dir" >&2; exit 2; }
	@test -n "$(DATA)" || { echo "make bench-long needs DATA=dir, a folder with train.csv and store.csv" >&2; exit 2; }
	for script in speed calendar_change accuracy settings boosters outliers calendar_ahead exploration losses cold_stores totals ageing ablation honest monitoring fev; do $(BIN)/python benchmarks/$$script.py --data "$(DATA)" || exit 1; done
	$(BIN)/python benchmarks/busy.py && $(BIN)/python benchmarks/workers.py
	$(BIN)/python benchmarks/database_load.py && $(BIN)/python benchmarks/plan_overrides.py && $(BIN)/python benchmarks/database_load_over_http.py
	$(BIN)/python benchmarks/serving.py --home "$(HOME_DIR)"

lock: ## write the lock files again; needs uv
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra build --extra client --extra cluster --extra explore --extra page --extra postgres --extra serve --extra tune pyproject.toml -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra build --extra client --extra cluster --extra explore --extra page --extra postgres --extra serve --extra tune --extra dev pyproject.toml -c requirements.txt -o requirements-dev.txt
	echo onnx | uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header - -c requirements-dev.txt -o requirements-onnx.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra build --extra oidc --extra page --extra postgres --extra serve --extra tracing pyproject.toml -c requirements.txt -c requirements-dev.txt -o requirements-serve.txt

clean: ## remove what was built here; data and homes stay
	rm -rf $(VENV) build site src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("storecast needs Python 3.11 or newer; found " + sys.version.split()[0] + ". Set PYTHON=python3.11.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

# Python compiles what a run imports when it first imports it: a fourth of what pip would compile, in bytes and in time.
$(VENV)/.setup: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.setup-lstm: requirements-onnx.txt requirements-torch.txt $(VENV)/.setup
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --require-hashes -r requirements-onnx.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-torch.txt
	touch $@

$(VENV)/.setup-dev: requirements-dev.txt $(VENV)/.setup-lstm
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@
