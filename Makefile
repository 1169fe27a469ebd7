# `make run` starts the whole site, `make backup` and `make restore` save its data and bring it
# back, `make test` runs every check, `make bench` measures, `make faults` breaks things on purpose,
# `make soak` looks whether memory stays flat, `make mutants` takes one guard away after the other.
# All first install what they need; all they ask for is Python 3.11 or newer.

PYTHON ?= python3
PORT ?= 8000
VAR ?= var
ARGS ?=

BIN := .venv/bin
export PYTHON PORT VAR
MAKEFLAGS += --no-print-directory
.PHONY: run backup restore verify-backup test bench faults harm soak mutants survivors fuzz visits audit sbom checks lint format rooms types templates scripts styles migrations static pytest lock

run: .venv/ready-to-run
	@exec $(BIN)/python -m recovery_site.dev.runner

# Encrypted, into $(VAR)/backups, whether the site is up or not.
backup: .venv/ready-to-run
	@$(BIN)/python -m recovery_site.dev.beside backup $(ARGS)

# Restores FILE (or the newest) into a scratch database, counts, and drops it.
verify-backup: .venv/ready-to-run
	@$(BIN)/python -m recovery_site.dev.beside verify_backup $(FILE) $(ARGS)

# Stop the site first. It overwrites nothing: ARGS="--overwrite recovery" sets aside what is there.
restore: .venv/ready-to-run
	@[ -n "$(FILE)" ] || { echo "Name the backup: make restore FILE=var/backups/..." >&2; exit 1; }
	@$(BIN)/python -m recovery_site.dev.beside restore $(FILE) $(ARGS)

# The checks bring their own Postgres and Redis, apart from those of `make run`.
test: VAR := $(VAR)/test
test: .venv/ready-to-test
	@.ci/chromium
	@$(BIN)/python -m recovery_site.dev.embedded with -- $(MAKE) checks

# It measures beside a Postgres and a Redis of its own, whatever else is there.
bench: VAR := $(VAR)/bench
bench: .venv/ready-to-test
	@.ci/chromium
	@env -u DATABASE_URL -u REDIS_URL -u EMAIL_URL \
		$(BIN)/python -m recovery_site.dev.embedded with -- $(BIN)/python -m bench $(ARGS)

# Harm on purpose, over 200 times: tells what came of it, and fails if a promise broke.
faults: VAR := $(VAR)/test
faults: .venv/ready-to-test
	@$(BIN)/python -m recovery_site.dev.embedded with -- $(MAKE) harm

harm: static
	@FAULTS=long $(BIN)/python -m pytest tests/faults tests/admissions/booking/test_concurrency.py $(ARGS)

# MINUTES=30 of a steady load on two webs, two workers and beat: fails if memory grows.
soak: .venv/ready-to-test
	@DJANGO_SETTINGS_MODULE=recovery_site.settings VAR=$(VAR)/test \
		$(BIN)/python -m tests.faults.site.soak

# A guard that can be taken away without a test that fails is told, and fails this.
mutants: VAR := $(VAR)/test
mutants: .venv/ready-to-test
	@$(BIN)/python -m recovery_site.dev.embedded with -- $(MAKE) survivors

survivors: static
	@$(BIN)/python -m mutants $(ARGS)

# Thousands of hostile visits; FUZZ_SEED=... plays a run again.
fuzz: VAR := $(VAR)/test
fuzz: .venv/ready-to-test
	@$(BIN)/python -m recovery_site.dev.embedded with -- $(MAKE) visits

visits: static
	@FUZZ_COUNT=$${FUZZ_COUNT:-5000} $(BIN)/python -m pytest -s tests/fuzz $(ARGS)

# Asks whether a package that we pin has a known weakness.
audit: .venv/ready-to-test
	@.ci/audit $(ARGS)

# What production installs, as a CycloneDX bill of materials.
sbom: .venv/ready-to-test
	@$(BIN)/python .ci/sbom $(VAR)/sbom.cdx.json

# The tests come last and always, so that their last line is the last line.
checks:
	@$(MAKE) --keep-going --jobs=2 lint format rooms types templates scripts styles migrations static || failed=yes; \
	$(MAKE) pytest && [ -z "$$failed" ] || { echo "Not every check passed." >&2; exit 1; }

lint:
	@$(BIN)/ruff check --quiet

format:
	@$(BIN)/ruff format --check --quiet || { echo "Run: $(BIN)/ruff format" >&2; exit 1; }

rooms:
	@$(BIN)/lint-imports --no-logo --no-cache >/dev/null || $(BIN)/lint-imports --no-logo --no-cache

types:
	@$(BIN)/mypy --cache-dir $(VAR)/mypy --no-error-summary

templates:
	@$(BIN)/djlint --quiet --lint --check templates

scripts:
	@found=$$($(BIN)/oxlint static tests/browser 2>&1) || { echo "$$found" >&2; exit 1; }

# Its linter comes for Linux on x86_64 alone, as CI has it.
styles:
	@[ ! -x $(BIN)/biome ] || \
	found=$$($(BIN)/biome lint --error-on-warnings 2>&1) || { echo "$$found" >&2; exit 1; }

migrations:
	@$(BIN)/python manage.py makemigrations --check --dry-run

static:
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0

# COVERAGE=yes tells which lines no test runs: `coverage report` lists them afterwards. Not always,
# as it takes a quarter of the time before Python 3.14.
pytest: counted = $(if $(COVERAGE),--cov --cov-report=)
pytest:
	@$(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder $(counted) $(ARGS)

# After a change in pyproject.toml; `make lock ARGS=--upgrade` takes the newest of everything.
lock:
	@[ -x $(BIN)/uv ] || $(MAKE) .venv/ready-to-test
	@.ci/lock $(ARGS)

.venv/ready-to-run: requirements-laptop.txt .ci/install
	@.ci/install requirements-laptop.txt
	@touch $@

.venv/ready-to-test: requirements-dev.txt .ci/install
	@.ci/install requirements-dev.txt
	@touch $@ .venv/ready-to-run
