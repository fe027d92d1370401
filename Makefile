# make lab     start JupyterLab with the extension (ARGS=… is passed on)
# make check   the quick checks: format, lint, types, unit tests; under two minutes
# make test    everything, with real servers, clusters and a browser
# make bench   measure beside dask-labextension
#
# make screenshots   draw the pictures of the documentation anew
# make contract          20,000 requests of what openapi.yaml allows and forbids; no part of make test, which has a thousand
# make faults            docs/faults.md: what fails, and what became of it; make test has those cells where a process of this machine is killed
# make test-condor25     the tests with HTCondor against its newest feature release; no part of make test

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: lab check test contract faults test-condor25 build-kubernetes lint unit system browser screenshots bench clean

VENV := .venv
PYTHON ?= python3
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

# Here a batch system that cannot be started is a failure; elsewhere its tests are skipped.
test system test-condor25: export CASA_LABEXT_SYSTEMS := required

# A virtual environment with the package, editable, and all tools.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	pip install --quiet --upgrade pip
	# What `jupyter-builder develop` left would be in the wheel twice.
	rm -rf $(VENV)/share/jupyter/labextensions/casa-labext casa_labext/labextension/install.json
	pip install --quiet --editable '.[dev]'
	touch $@

node_modules/installed: $(VENV)/installed package.json yarn.lock
	jlpm install --immutable
	touch $@

# The front end, as JupyterLab finds it.
casa_labext/labextension/package.json: node_modules/installed tsconfig.json $(shell find src style schema -type f)
	jlpm build
	jupyter-builder develop . --overwrite
	touch $@

lab: casa_labext/labextension/package.json
	jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

lint: node_modules/installed
	ruff check .
	ruff format --check .
	mypy
	jlpm lint:check
	jlpm generate:check

unit: casa_labext/labextension/package.json
	jlpm test
	pytest -m 'not system'

# They wait more than they work: three at a time, each file in one process.
system: casa_labext/labextension/package.json
	pytest -m 'system and not slow' -n 3 --dist loadfile

# In the background, for 6 to 15 minutes where it is not there yet; the tests that need it wait. See its log if they say that it failed.
build-kubernetes:
	mkdir -p build
	nohup nice -n 19 tests/systems/kubernetes/build >build/kubernetes.log 2>&1 </dev/null &

test-condor25: casa_labext/labextension/package.json
	CASA_LABEXT_CONDOR_SUITE=forky pytest -m system -k htcondor

# The document is written if something failed, too, and says so.
faults: export CASA_LABEXT_STOPPED := 60
faults: $(VENV)/installed
	rm -f build/cells
	mkdir -p build
	CASA_LABEXT_CELLS=$(CURDIR)/build/cells pytest -n 3 tests/faults || failed=1; \
	PYTHONPATH=tests python -m faults.report build/cells > docs/faults.md; exit $${failed:-0}

# Three quarters of an hour.
contract: casa_labext/labextension/package.json
	CASA_LABEXT_EXAMPLES=850 pytest -s tests/test_contract.py

check: lint unit

browser: casa_labext/labextension/package.json ui-tests/node_modules/installed
	cd ui-tests && jlpm test

screenshots: casa_labext/labextension/package.json ui-tests/node_modules/installed
	cd ui-tests && CASA_LABEXT_SCREENSHOTS=1 jlpm test

ui-tests/node_modules/installed: $(VENV)/installed ui-tests/package.json ui-tests/yarn.lock
	cd ui-tests && jlpm install --immutable
	touch $@

test: build-kubernetes lint unit system browser

bench: casa_labext/labextension/package.json
	python -m bench

clean:
	rm -rf $(VENV) node_modules ui-tests/node_modules lib dist casa_labext/labextension casa_labext/_version.py
