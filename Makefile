# make lab     start JupyterLab with the extension (ARGS=… is passed on)
# make check   the quick checks: format, lint, types, unit tests; about three minutes
# make test    everything, with real servers, clusters and a browser
# make bench   measure beside dask-labextension
#
# make dist         the wheel and the sdist, in dist/
# make test-dist    the same as a user gets them: installed without Node.js, used, upgraded, removed; no part of make test
# make test-min     the tests with the oldest versions of all that pyproject.toml allows; no part of make test
# make screenshots   draw the pictures of the documentation anew
# make contract          20,000 requests of what openapi.yaml allows and forbids; no part of make test, which has a thousand
# make peer              what was found wrong in dask-labextension: it has it, we have not; no part of make test
# make soak              docs/soak.md: much of everything; make test has a little of it
# make faults            docs/faults.md: what fails, and what became of it; make test has those cells where a process of this machine is killed
# make test-condor25     the tests with HTCondor against its newest feature release; no part of make test

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: lab check test contract faults peer test-condor25 build-kubernetes lint unit system browser screenshots bench clean soak dist test-dist test-min

VENV := .venv
PYTHON ?= python3
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

# Here a batch system that cannot be started is a failure; elsewhere its tests are skipped.
test system peer test-condor25: export CASA_LABEXT_SYSTEMS := required

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
	python locale/extract.py --check
	mypy
	jlpm lint:check
	jlpm generate:check

unit: casa_labext/labextension/package.json
	jlpm test
	pytest -m 'not system' -n 2 --dist loadfile

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

# Half an hour.
peer: casa_labext/labextension/package.json
	pytest tests/peer

# Ten minutes, on a machine that does nothing else.
soak: casa_labext/labextension/package.json
	rm -f build/figures
	mkdir -p build
	CASA_LABEXT_CYCLES=500 CASA_LABEXT_FIGURES=build/figures pytest tests/soak
	cd tests && python -m soak.report ../build/figures > ../docs/soak.md

# Three quarters of an hour.
contract: casa_labext/labextension/package.json
	CASA_LABEXT_EXAMPLES=1000 CASA_LABEXT_REQUESTS=20000 pytest -s tests/test_contract.py

check: lint unit

browser: casa_labext/labextension/package.json ui-tests/node_modules/installed
	cd ui-tests && jlpm test

screenshots: casa_labext/labextension/package.json ui-tests/node_modules/installed
	cd ui-tests && CASA_LABEXT_SCREENSHOTS=1 jlpm test

ui-tests/node_modules/installed: $(VENV)/installed ui-tests/package.json ui-tests/yarn.lock
	cd ui-tests && jlpm install --immutable
	touch $@

test: build-kubernetes lint unit system browser

# From a copy without what is built: nothing of a build for development gets in.
dist: $(VENV)/installed
	rm -rf dist build/tree
	mkdir -p build/tree
	git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from - | tar -x -C build/tree
	python -m build --outdir dist build/tree
	twine check --strict dist/*

test-dist: dist
	pytest -n 2 tests/release

# The wheel and its dependencies: all that pyproject.toml has a lower bound for at that bound, under the oldest Python that is found here.
build/oldest/installed: dist
	mkdir -p $(@D)
	uv venv --quiet --clear --python "$$(tests/oldest-python || command -v $(PYTHON))" $(@D)
	uv pip compile --quiet --resolution lowest-direct --python $(@D)/bin/python --no-annotate --no-header \
		--extra lab --extra kubernetes --extra gateway --extra coffea-casa pyproject.toml --output-file $(@D)/versions.txt
	# The oldest operator of dask-kubernetes imports pkg_resources, which newer setuptools have not.
	uv pip install --quiet --python $(@D)/bin/python --constraints $(@D)/versions.txt "$$(ls dist/*.whl)[test]" 'setuptools<81'
	touch $@

# They need bench/, which the wheel has not.
test-min: export PYTEST_ADDOPTS := --ignore=tests/peer --ignore=tests/soak
test-min: build/oldest/installed ui-tests/node_modules/installed
	PATH=$(CURDIR)/$(<D)/bin:$$PATH pytest -m 'not system'
	PATH=$(CURDIR)/$(<D)/bin:$$PATH CASA_LABEXT_SYSTEMS=required pytest -n 3 --dist loadfile -m 'system and not slow' \
		-k 'local or server or cli or encryption or stream or htcondor or slurm or pbs or gateway or coffea'
	cd ui-tests && PATH=$(CURDIR)/$(<D)/bin:$$PATH jlpm test any-version.spec.ts notebook7.spec.ts
	python tests/versions.py $(<D)/bin/python $(VENV)/bin/python > docs/versions.md

# Forty minutes. What users get is measured: the production build.
bench: casa_labext/labextension/package.json
	jlpm build:prod
	PYTHONPATH=tests python -m bench

clean:
	rm -rf $(VENV) node_modules ui-tests/node_modules lib dist build casa_labext/labextension casa_labext/_version.py
