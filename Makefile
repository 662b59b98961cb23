# The two commands: `make run` and `make test`. Both work on a fresh clone; neither needs root.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUNNER := $(PYTHON) -m p2pcrm.runner
BIN := .venv/bin
# Passed on to pytest: make test ARGS="tests/lending -k allocation"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test stop env doctor install lint format types arch migrations messages translations check bench usability audit lock clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: ## Start everything and keep it running; PORT, HOST, P2PCRM_HOME, DATABASE_URL, REDIS_URL are read
	@exec $(RUNNER) run

test: ## Run the whole test suite, browser tests included
	@exec $(RUNNER) test -- $(ARGS)

stop: ## Stop the running copy
	@exec $(RUNNER) stop

env: ## Print the running copy's variables, for manage.py by hand: eval "$$(make -s env)"
	@exec $(RUNNER) env

doctor: ## Say what this machine has and what is missing
	@exec $(RUNNER) doctor

install: ## Bring the environment and the front end up to date
	@exec $(RUNNER) install

lint: install ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install ## Put the code into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: install ## Check types
	$(BIN)/mypy .

arch: install ## Check the layers (import contracts and architecture test)
	$(BIN)/lint-imports
	$(RUNNER) test tests/architecture

migrations: install ## Check that the models have no change without a migration
	DJANGO_SETTINGS_MODULE=p2pcrm.settings.test $(RUNNER) exec $(BIN)/python manage.py makemigrations --check --dry-run

translations: install ## Check that every string has its translation
	$(BIN)/python -m p2pcrm.runner messages --check

messages: install ## Bring the catalogues up to the sources and compile them
	$(BIN)/python -m p2pcrm.runner messages --collect

check: ## Everything that CI checks
	@bash .ci/run

bench: install ## Measure; prints JSON lines, each beside its denominator
	$(RUNNER) exec $(BIN)/python -m bench $(ARGS)

usability: install ## Do the ten tasks of an RM, count their steps and write them into docs/usability.md
	P2PCRM_USABILITY=write $(RUNNER) test tests/web/tasks/test_ten_tasks.py -n 0

audit: install ## Look up known vulnerabilities of the pinned packages
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.txt

lock: install ## Refresh the pinned versions
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 -c requirements.txt requirements-dev.in -o requirements-dev.txt
	for name in uv node; do $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header \
	  --python-version 3.11 p2pcrm/runner/locks/$$name.in -o p2pcrm/runner/locks/$$name.txt || exit 1; done

clean: ## Remove what was built; the data in .p2pcrm stay
	rm -rf .venv frontend/node_modules frontend/dist frontend/.build-stamp
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
