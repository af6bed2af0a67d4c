# Rosemary. None of these asks a question; all of them work as root and as an ordinary user.
PYTHON ?= python3.11
MANAGE := .venv/bin/python manage.py
.DEFAULT_GOAL := help
.PHONY: help install up demo test lint frames messages chromium clean

help: ## This list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

install: ## Everything into .venv, and the frontend built; the second time in a second
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing. Install it, or say: make PYTHON=/path/to/python3.11 up"; exit 1; }
	@$(PYTHON) companion/operations/install.py

up: install ## Start everything and chat at localhost
	@exec $(MANAGE) up

demo: install ## A companion that remembers three months already
	@$(MANAGE) load_demo

test: ## Checks, unit, property, integration and browser tests
	@$(PYTHON) companion/operations/install.py --test
	@$(MAKE) --no-print-directory chromium lint
	@cd frontend && PATH="$(CURDIR)/.venv/bin:$$PATH" npm test --silent
	@.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: ## ruff, mypy, the direction of imports, svelte-check
	@$(PYTHON) companion/operations/install.py --test
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@.venv/bin/mypy companion memory worker
	@.venv/bin/lint-imports --no-cache
	@cd frontend && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent check

frames: ## The browser's types, made anew of the server's models
	@$(MANAGE) frames > frontend/frames.json
	@cd frontend && PATH="$(CURDIR)/.venv/bin:$$PATH" node frames.mjs < frames.json > src/frames.ts; rm frames.json

messages: ## Gather what is to be translated into companion/locale, and compile the languages
	@.venv/bin/python -m companion.operations.messages

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || test -n "$$CHROMIUM" \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "  chromium …" \
			&& apt-get update -qq >/dev/null && apt-get install -y -qq chromium >/dev/null; } \
		|| .venv/bin/python -m playwright install chromium >/dev/null 2>&1 \
		|| { echo "The browser tests need Chromium. Say: sudo apt install chromium, or set CHROMIUM=/path/to/it"; exit 1; }

clean: ## Remove what was installed and built; conversations in .rosemary stay
	@rm -rf .venv frontend/node_modules frontend/dist .mypy_cache .ruff_cache .hypothesis
	@echo "Removed what was installed and built. Conversations are kept in .rosemary."
