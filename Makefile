# Everything a person does here is one word: `make help` lists the words.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# One more than two cores have: a third of the time tests wait. With four a browser took longer to start than a test allows.
WORKERS ?= 3
PYTEST_ARGS ?=

# Stamps: a file says when its step was last done, so that a second run does nothing.
RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev
# With CI set the built wheel is installed, not the tree: a file that the wheel lacks fails its tests there.
PACKAGE := $(if $(CI),wheel,editable)
PACKAGE_READY := $(VENV)/.ready-$(PACKAGE)

# With it, which some shells and containers set, each `watchtower` that a test starts compiles all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@scripts/setup-venv create

$(RUN_READY): requirements/run.txt scripts/setup-venv | $(BIN)/python
	@scripts/setup-venv install $<
	@touch $@

$(DEV_READY): requirements/dev.txt scripts/setup-venv | $(BIN)/python
	@scripts/setup-venv install $<
	@touch $@ $(RUN_READY)

$(PACKAGE_READY): pyproject.toml $(if $(CI),$(shell find src -type f -not -name '*.pyc'))
	@rm -f $(VENV)/.ready-wheel $(VENV)/.ready-editable
	@scripts/setup-venv $(PACKAGE)
	@touch $@

.PHONY: ready-run ready-dev
# In this order also under `make -j`: the package is built by what the lock installs.
ready-run: $(RUN_READY)
	@$(MAKE) --silent --no-print-directory $(PACKAGE_READY)

ready-dev: $(DEV_READY)
	@$(MAKE) --silent --no-print-directory $(PACKAGE_READY)

# Each can be given from outside, as for the daemon itself. Only here: tests bring their own.
run: export WATCHTOWER_RULES ?= rules.toml
run: export WATCHTOWER_CHECKS ?= checks
run: export WATCHTOWER_STORE ?= sqlite:///var/watchtower.db
run: export WATCHTOWER_BASE_URL ?= http://127.0.0.1:9464

.PHONY: run
run: ready-run ## start watchtower with rules.toml and checks/ on SQLite under var/
	@mkdir -p -m 700 var
	@echo "before its first poll a flow can learn from its history: $(BIN)/watchtower learn signups --from csv --file FILE"
	@exec $(BIN)/watchtower run

.PHONY: demo
demo: ready-run ## a story to look at: a flow breaks, people are told, it heals
	@exec $(BIN)/watchtower demo

# The passwords are the trial's own, and everything listens on loopback.
demo-shop: export WATCHTOWER_RULES = docs/examples/shop/rules.toml
demo-shop: export WATCHTOWER_CHECKS = docs/examples/shop/checks
demo-shop: export WATCHTOWER_STORE = sqlite:///var/demo-shop.db
demo-shop: export WATCHTOWER_BASE_URL = http://127.0.0.1:9464
demo-shop: export WATCHTOWER_PUSH_TOKEN = only-for-a-trial-on-loopback
demo-shop: export SHOP_PASSWORD = sandbox-only
demo-shop: export SHOP_CERTIFICATE = var/demo-shop.pem

.PHONY: demo-shop
demo-shop: ready-run ## a shop to break on a page (:8088), with watchtower (:9464), mails and SMS beside it
	@mkdir -p -m 700 var
	@exec $(BIN)/python -m demo_shop.trial $(BIN)/watchtower run

.PHONY: test
test: export TESTS_FOLLOW = 1
# Downloads of pip and of Debian wait beside each other. Other Pythons take what the check and the tests that wait leave.
test: | $(BIN)/python ## set up everything, check, and run all tests with real servers
	@$(MAKE) --silent --no-print-directory -j2 ready-dev debian
	@nice scripts/pythons >$(VENV)/pythons.log 2>&1 & others=$$!; status=0; \
	{ scripts/check && \
	$(if $(CI),WATCHTOWER_INSTALLED=1) $(BIN)/pytest -n $(WORKERS) $(if $(CI),-q) $(PYTEST_ARGS); } || status=$$?; \
	wait $$others || status=$$?; cat $(VENV)/pythons.log; exit $$status

.PHONY: test-python
test-python: ready-dev ## all tests against the wheel on another Python (PYTHON=/path/to/python3.13)
	@scripts/pythons $(PYTHON) $(PYTEST_ARGS)

.PHONY: release
release: ready-dev ## build sdist and wheel, test the wheel outside the tree, tag (RELEASE_TESTS= names some tests)
	@scripts/release $(RELEASE_TESTS)

# A developer without root goes on, and the tests say what they skip; with CI set, nothing may be missing.
.PHONY: debian
debian:
	@scripts/setup-debian || { [ -z "$(CI)" ] && echo "Going on without: tests that need them are skipped."; }

.PHONY: check
check: ready-dev ## format, lint, types, direction of imports, tests collected, TOML: under a minute
	@scripts/check

.PHONY: format
format: ready-dev ## format the code and repair what can be repaired
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

.PHONY: lock
lock: ready-dev ## lock again after a change in pyproject.toml or requirements/*.in (LOCK_ARGS="--upgrade" for news)
	@COMPILER=$(BIN)/pip-compile scripts/lock $(LOCK_ARGS)

.PHONY: bench
bench: ready-dev ## what watching costs, beside Prometheus on this machine (BENCH_ARGS=--full; half an hour)
	@scripts/setup-debian --bench
	@$(BIN)/python -m benchmarks.overhead $(BENCH_ARGS)

.PHONY: soak
soak: ready-dev debian ## everything beside a page for five minutes, idle for fifteen, a thousand kills, 200 more by every channel, 300 faults of a leader, 2,000 clients: over an hour
	WATCHTOWER_SOAK=1 $(BIN)/pytest -s tests/acceptance/test_beside.py tests/acceptance/test_still.py \
		tests/acceptance/test_slow_clients.py $(PYTEST_ARGS)
	WATCHTOWER_SOAK=1 $(BIN)/pytest -n $(WORKERS) tests/acceptance/test_kill.py tests/store/test_lease.py \
		tests/scenarios/test_outages.py tests/simulate/test_coverage.py $(PYTEST_ARGS)
	$(BIN)/python -m tests.delivery.kills

.PHONY: run-cluster
run-cluster: ready-dev debian ## three daemons, two workers and PostgreSQL on loopback, broken one after the other while you watch the board
	@exec $(BIN)/python -m benchmarks.cluster.show

.PHONY: cluster-soak
cluster-soak: ready-dev debian ## several daemons on one PostgreSQL, broken for half an hour (CLUSTER_ARGS="--parts pages --seconds 60")
	@$(BIN)/python -m benchmarks.cluster $(CLUSTER_ARGS)

.PHONY: fuzz
fuzz: ready-dev ## what nobody has tried yet: requests to a daemon and properties with a fresh seed (FUZZ_REQUESTS=10000, FUZZ_MINUTES=10, FUZZ_SEED=, FUZZ_ONLY=doors)
	@$(BIN)/python -m tests.fuzz

.PHONY: mutants
mutants: ready-dev ## wrong rules of who is told: known ones and 50 drawn at random must each fail a test (MUTANTS=, MUTANTS_SEED=, MUTANTS_MINUTES=10)
	@$(BIN)/python -m tests.mutants

.PHONY: oracles
oracles: $(BIN)/python ## what the vendors' own SDKs send, written down for the tests (tests/channels/vectors)
	@scripts/oracles $(VENDOR)

.PHONY: audit
audit: ready-dev ## what the daemon is made of (CycloneDX, dist/sbom.cdx.json), and what is known against it
	@scripts/audit

.PHONY: image-proof
image-proof: ready-dev ## build the container image without Docker, and start it (root, Debian, some minutes)
	@scripts/prove-image

.PHONY: clean
clean: ## remove everything that make made, the virtual environment included; var/ stays
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
