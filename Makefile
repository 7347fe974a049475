# Everything that is run more than once. Each target sets up what it needs on a fresh machine.

VENV := .venv
BIN := $(VENV)/bin
SETUP := pyproject.toml constraints.txt scripts/install.sh scripts/system_libraries.sh

.PHONY: run test lint format
.DELETE_ON_ERROR:

# The window where there is a screen, else drums and a mix for the bundled clip.
run: $(VENV)/.installed-app
	@sh scripts/run.sh

test: $(VENV)/.installed-all
	@$(BIN)/python -m pytest

lint: $(VENV)/.installed-all
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
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
