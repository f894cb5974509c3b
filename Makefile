# What one does with the project, a word each. `make run` is the way in.
#
# CARGO_TARGET_DIR   where builds go (default: target)
# CRASH_ROUNDS       rounds of the crash test in `make test` (default 200; 1000 for a long look)
# PYTEST             which client tests to run, and how (default: all)
# LOG_COUNT_MEGABYTES, LOG_CRASH_ROUNDS
#                    how much the client tests of logs write and count (default 24; 1000 for a long look), and how
#                    often they kill the server at random (default 15; 100 for a long look)
# FUZZ_SECONDS       how long `make fuzz` spends on each target (default 600)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

CARGO_TARGET_DIR ?= $(CURDIR)/target
CRASH_ROUNDS ?= 200
FUZZ_SECONDS ?= 600
PYTEST ?=
FUZZ_TOOLCHAIN ?= nightly
PYTHON ?= python3
export CARGO_TARGET_DIR CRASH_ROUNDS

VENV := .venv
REQUIREMENTS := tests/clients/requirements.txt
REQUIREMENTS_ALONE := tests/clients/requirements-alone.txt

.PHONY: run demo build test test-rust test-clients debian-packages lint bench fuzz clean

# Builds and starts a development server and an agent that feeds it; it prints what to type next.
run: build
	@exec scripts/run "$(CARGO_TARGET_DIR)/release/trailwatch"

# A cloud to look at: moto behind the server, with AWS Config recording what is in it.
demo: build $(VENV)/installed
	@exec $(VENV)/bin/python scripts/demo "$(CARGO_TARGET_DIR)/release/trailwatch"

build:
	cargo build --release --locked -p trailwatch

test: test-rust test-clients

test-rust:
	cargo test --workspace --locked

# Real clients over a socket, against the very build of the Rust tests: with fewer packages, libraries would have other
# features, and the query engine would be compiled a second time.
test-clients: $(VENV)/installed debian-packages
	cargo test --workspace --locked --no-run
	cd tests/clients && "$(CURDIR)/$(VENV)/bin/python" -m pytest $(PYTEST)

# From Debian's packages: the web server and the journal whose logs the agent reads in tests, and the AWS CLI's second
# version.
debian-packages:
	@test -x /usr/sbin/nginx && test -x /usr/bin/aws && test -x /lib/systemd/systemd-journal-remote || { \
	    apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	        nginx-light awscli systemd systemd-journal-remote; \
	}

# Installed anew when a list of requirements changes.
$(VENV)/installed: $(REQUIREMENTS) $(REQUIREMENTS_ALONE)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $(REQUIREMENTS)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $(REQUIREMENTS_ALONE)
	touch $@

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask codegen --check
	@if command -v cargo-deny >/dev/null; then \
	    cargo deny check; \
	else \
	    echo "note: cargo-deny is not installed, so licences and duplicate crates were not checked"; \
	fi

# Prints ratios measured in this run; the figures of two machines do not compare. Both are built together, so that
# what is measured has the features of what is run, and nothing is compiled twice.
bench:
	cargo build --release --locked -p trailwatch -p trailwatch-bench
	"$(CARGO_TARGET_DIR)/release/trailwatch-bench"

# Needs a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz`).
fuzz:
	@for target in $$(cargo +$(FUZZ_TOOLCHAIN) fuzz list); do \
	    echo "fuzz: $$target for $(FUZZ_SECONDS) s"; \
	    corpus="fuzz/corpus/$$target"; \
	    seeds="fuzz/seeds/$$target"; \
	    mkdir -p "$$corpus"; \
	    test -d "$$seeds" || seeds=; \
	    CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)/fuzz" cargo +$(FUZZ_TOOLCHAIN) fuzz run "$$target" "$$corpus" $$seeds \
	        -- -dict=fuzz/dictionary.txt -max_total_time=$(FUZZ_SECONDS) -timeout=10; \
	done

clean:
	cargo clean
	rm -rf $(VENV)
