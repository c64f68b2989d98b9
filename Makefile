# `make` explains itself. Nothing has to be prepared: each target makes what it needs, once.
#
#   PYTHON=...    the Python (>= 3.11) to build the environment with; found by itself if not given
#   VENV=...      where that environment lives
#   WORKERS=...   processes that share the tests
#   ARGS=...      more words for pytest, as in: make test ARGS="-k lstm"
#   PIP_FLAGS=... more words for pip, as in: make test PIP_FLAGS="--find-links wheels"

PYTHON    ?=
VENV      ?= .venv
WORKERS   ?= 2
ARGS      ?=
PIP_FLAGS ?=

# Drawing orthogonal weights is many small QRs: on busy cores OpenBLAS threads wait for each other.
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint clean

help:  ## Show this list
	@echo "jaxrnn: recurrent networks as pure cell functions driven by jax.lax.scan"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "The first call installs into $(VENV) (some minutes); later ones start at once."
	@echo 'Variables: PYTHON VENV WORKERS ARGS PIP_FLAGS, as in: make test ARGS="-k lstm"'

demo: $(VENV)/.ready-demo  ## Train and compare on the bundled data, report in demo_out/
	$(VENV)/bin/jaxrnn compare --out demo_out

# On the CPU, so that the same numbers are checked on every machine.
test: $(VENV)/.ready-test  ## Run every test and every docstring example
	JAX_PLATFORMS=cpu $(VENV)/bin/python -m pytest -n $(WORKERS) -q $(ARGS)

lint: $(VENV)/.ready-lint  ## Check style (ruff) and types (pyright)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/pyright --pythonpath $(VENV)/bin/python

clean:  ## Remove the environments and everything else made here
	rm -rf jaxrnn/native/lib .venv .venv-newest build dist *.egg-info demo_out .pytest_cache .hypothesis .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: an environment is made once, and installed into again only when what it is made of changes.
# Never two at a time, even under `make -j`: they would write into the same environment.
.NOTPARALLEL:

$(VENV)/.ready-venv:
	@python=$$(PYTHON='$(PYTHON)' scripts/find-python 3.11 first) || exit 1; \
	echo "Making $(VENV) with $$python"; \
	"$$python" -m venv --clear '$(VENV)' && touch $@

# pip's long output goes to a log; of a failure, the reason is shown.
EXTRAS :=
define install
	@echo "Installing jaxrnn$(EXTRAS) into $(VENV) (the first time this takes some minutes)"
	@log=$(VENV)/pip.log; \
	$(VENV)/bin/python -m pip install --quiet --no-input $(PIP_FLAGS) -e '.$(EXTRAS)' >$$log 2>&1 || { \
	  echo "error: pip could not install jaxrnn$(EXTRAS): can it reach a package index?" \
	    "$$(grep -m 1 -o 'ERROR: .*' $$log) (all of it: $$log)" >&2; \
	  exit 1; }
	@touch $(VENV)/.ready-demo $@  # every install brings what the demo needs
endef

$(VENV)/.ready-test: EXTRAS := [test,interop]
$(VENV)/.ready-lint: EXTRAS := [dev,test]
# what is installed is the package in place, and the compiled engine made from these
COMPILED := setup.py $(wildcard jaxrnn/native/src/*)
$(VENV)/.ready-demo $(VENV)/.ready-test $(VENV)/.ready-lint: \
  pyproject.toml $(COMPILED) $(VENV)/.ready-venv
	$(install)
