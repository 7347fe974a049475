# Everything that is run more than once. Each target sets up what it needs on a fresh machine.

VENV := .venv
BIN := $(VENV)/bin
SETUP := pyproject.toml constraints.txt scripts/install.sh scripts/system_libraries.sh

.PHONY: run test screenshots package lint lint-format lint-rules lint-types lint-imports format
.DELETE_ON_ERROR:

# The window where there is a screen, else drums and a mix for the bundled clip.
run: $(VENV)/.installed-app
	@sh scripts/run.sh

test: $(VENV)/.installed-all
	@$(BIN)/python -m pytest

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

# The stamps are newer than what was installed from, so nothing is installed twice.
$(VENV)/.installed-app: $(SETUP)
	@sh scripts/install.sh
	@touch $@

$(VENV)/.installed-all: $(SETUP)
	@sh scripts/install.sh training,test
	@touch $(VENV)/.installed-app $@
