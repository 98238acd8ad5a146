# Everything runs in .venv, which these targets make when it is not there.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := setup.py pyproject.toml constraints.txt $(wildcard ext/*)

.PHONY: bench test test-slow test-train test-arm lint bench-harness bench-repeat bench-layers bench-train clean

bench: .venv/installed
	@# 3: some figure is untrusted, which the table tells; the figures are there.
	$(BIN)/pibench bench || test $$? -eq 3

test: .venv/tested-with
	$(BIN)/python -m pytest

test-slow: .venv/browsed-with
	$(BIN)/python -m pytest -m slow

# What needs TensorFlow (which takes some 2 GB), slow tests too.
test-train: .venv/trained-with
	$(BIN)/python -m pytest -m "slow or not slow" tests/models/conversion tests/models/data tests/models/training \
		tests/cli/test_training_commands.py tests/test_converter_models.py

# The suite on an emulated Raspberry Pi. RUN: the command that runs another one there.
#     make test-arm RUN="path/to/run.sh USERLAND -P 3 --"
test-arm:
	@test -n "$(RUN)" || { echo 'pibench: make test-arm needs RUN="a command that runs another one on Arm"; on a Pi itself: make test' >&2; exit 2; }
	$(RUN) tests/arm/run

lint: .venv/linted-with
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@# It calls pycodestyle by name.
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint ext

bench-harness: .venv/tested-with
	$(BIN)/python benchmarks/harness.py

bench-repeat: .venv/tested-with
	$(BIN)/python benchmarks/repeat.py

bench-layers: .venv/tested-with
	$(BIN)/python benchmarks/layers.py

bench-train: .venv/trained-with
	$(BIN)/python benchmarks/train_throughput.py

.venv/installed: $(SOURCES)
	@$(PYTHON) pibench/preflight.py
	@# An interrupted start leaves a .venv without pip, which comes last.
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[tflite]"
	@touch $@

.venv/tested-with: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[tflite,test]"
	@touch $@

.venv/browsed-with: .venv/tested-with
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[tflite,test,browser]"
	@touch $@

.venv/linted-with: .venv/tested-with
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[tflite,test,lint]"
	@touch $@

.venv/trained-with: .venv/tested-with
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[tflite,test,train]"
	@touch $@

clean:
	rm -rf .venv build dist reports pibench/_native*.so *.egg-info
