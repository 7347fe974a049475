# Everything that is run more than once. Each target sets up what it needs on a fresh machine.

VENV := .venv
BIN := $(VENV)/bin
UPKEEP := build/upkeep
SETUP := pyproject.toml $(wildcard requirements/*.txt) scripts/install.sh scripts/system_libraries.sh

.PHONY: run test test-fast screenshots package lint lint-format lint-rules lint-types lint-imports format lock audit
.DELETE_ON_ERROR:

# The window where there is a screen, else drums and a mix for the bundled clip.
run: $(VENV)/.installed-app
	@sh scripts/run.sh

test: $(VENV)/.installed-all
	@$(BIN)/python -m pytest

# What needs no JACK, screen, DAW or environment of its own, and takes no seconds.
test-fast: $(VENV)/.installed-all
	@$(BIN)/python -m pytest -q -m "not system and not slow"

# The pictures of the README: every panel, in both themes and at two scales.
screenshots: $(VENV)/.installed-app
	@$(BIN)/python -m scripts.screenshots

# dist/musegen-daw: a folder with the program, for computers without Python.
package: $(VENV)/.installed-app
	@sh packaging/build.sh

# `make -k lint` tells everything that is wrong, not only what is first.
lint: lint-format lint-rules lint-types lint-imports

lint-format: $(VENV)/.installed-all
	$(BIN)/ruff format --check .

lint-rules: $(VENV)/.installed-all
	$(BIN)/ruff check .

lint-types: $(VENV)/.installed-all
	$(BIN)/basedpyright

lint-imports: $(VENV)/.installed-all
	$(BIN)/lint-imports

format: $(VENV)/.installed-all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# requirements/*.txt from pyproject.toml; `make lock LOCK=--upgrade` takes the newest versions that fit.
lock: $(VENV)/.installed-app $(UPKEEP)/.installed
	@PATH="$(CURDIR)/$(UPKEEP)/bin:$$PATH" $(BIN)/python -m scripts.lock $(LOCK)

# Whether anything is known against what is locked; needs the package index.
audit: $(UPKEEP)/.installed
	@sh scripts/audit.sh $(UPKEEP)/bin/pip-audit

$(UPKEEP)/.installed: requirements/upkeep.txt | $(VENV)/.installed-app
	@$(BIN)/python -m venv $(UPKEEP)
	@$(UPKEEP)/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps --requirement requirements/upkeep.txt
	@touch $@

# The stamps are newer than what was installed from, so nothing is installed twice.
$(VENV)/.installed-app: $(SETUP)
	@sh scripts/install.sh
	@touch $@

$(VENV)/.installed-all: $(SETUP)
	@sh scripts/install.sh training,test
	@touch $(VENV)/.installed-app $@
