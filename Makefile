# `make help` lists what there is. Every target first makes the project's own environment (.venv, node_modules).
SHELL := /bin/sh
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# The interpreter of the environment must not look at a user's own packages or another environment.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH
unexport PYTHONHOME
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help setup build demo lab test test-deep bench wheel record pictures format clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: ## Make .venv and node_modules without building
	@scripts/setup.sh --no-build

build:
	@scripts/setup.sh

demo: build ## Build, reproduce the demo project, then open it in JupyterLab
	@python scripts/demo.py

lab: build ## Build and open JupyterLab on the demo project, or on DIR=folder
	@python scripts/demo.py --lab $(DIR)

test: build ## Lint, types, unit, property, differential, Python and browser tests
	@python scripts/test.py

test-deep: build ## The same with live dvc, more mutations and every crash point
	@CELLAR_DEEP=1 CELLAR_LIVE_DVC=1 CELLAR_MUTATIONS=200 python scripts/test.py

bench: build ## Compare speed and memory with dvc
	@node bench/run.mjs

wheel: setup ## Make the one wheel in dist/
	@python scripts/wheel.py

record: build ## Record the answers of the pinned dvc for the differential tests again, or of ONLY="words" in their names
	@npx esbuild server-bridge/tests/differential/record.ts --bundle --platform=node --format=esm --log-level=warning --outfile=build/record.mjs
	@node build/record.mjs server-bridge/tests/differential/recorded $(ONLY)

pictures: build ## Make the screenshots of the README again
	@cd ui-tests && CELLAR_PICTURES=1 npx playwright test pictures

format: setup ## Format everything
	@npm run --silent format && ruff format . && ruff check --fix .

clean: ## Remove what was built and the environment
	rm -rf .venv node_modules lib dist demo jupyterlab_cellar/labextension jupyterlab_cellar/bridge ui-tests/test-results ui-tests/.browser
