# On a fresh machine: `make run` answers, `make test` checks. Both make .venv first.
PYTHON ?= python3
BIN := .venv/bin

# Slow measurements, not part of the tests: each writes results/benchmarks/, and says how long it takes in its script.
SERIES := shootout posteriors
OF_ELECTRODE := electrode published controls
SCRIPTS := ablation accelerator calibrate configs cookies_mean decomposition electrode_reference false_alarms few_runs \
	hidden_germ hosts importance modes multilevel network plan precision problems quasi_monte_carlo reliability \
	samplers scaling streamed training_step two_moons
BENCHES := $(subst _,-,$(SCRIPTS:%=bench-%))

.PHONY: run test bench bench-ci $(BENCHES) $(SERIES:%=bench-%) $(OF_ELECTRODE:%=bench-%) clean

run: .venv/installed
	$(BIN)/sgmbench run configs/quickstart.yaml

test: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist worksteal

bench: .venv/installed
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/calibrate.py

bench-ci: .venv/installed
	$(BIN)/sgmbench run configs/quickstart.yaml --set replicates=5 --quiet
	$(BIN)/sgmbench compare --baseline results/baselines/quickstart.json $(COMPARE)

$(BENCHES): bench-%: .venv/installed
	$(BIN)/python benchmarks/$(subst -,_,$*).py

$(SERIES:%=bench-%): bench-%: .venv/installed
	$(BIN)/python benchmarks/series.py $*

bench-electrode: .venv/installed
	$(BIN)/python benchmarks/electrode.py porous_electrode

bench-published: .venv/installed
	$(BIN)/python benchmarks/electrode.py porous_electrode_published

bench-controls: .venv/installed
	$(BIN)/python benchmarks/electrode.py electrode_controls

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

clean:
	rm -rf .venv
