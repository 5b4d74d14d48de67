# On a fresh machine: `make run` answers, `make test` checks. Both make .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test bench bench-electrode bench-electrode-reference bench-published bench-problems bench-configs bench-cookies bench-samplers bench-ablation bench-modes bench-training bench-few-runs bench-calibrate bench-multilevel bench-quasi bench-importance bench-hidden-germ bench-shootout bench-posteriors bench-two-moons bench-network clean

run: .venv/installed
	$(BIN)/sgmbench run configs/quickstart.yaml

test: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist worksteal

# Slow measurements, not part of the tests; they write results/benchmarks/.
bench: .venv/installed
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/calibrate.py

bench-electrode: .venv/installed
	$(BIN)/python benchmarks/electrode.py porous_electrode

bench-electrode-reference: .venv/installed
	$(BIN)/python benchmarks/electrode_reference.py

bench-published: .venv/installed
	$(BIN)/python benchmarks/electrode.py porous_electrode_published

bench-problems: .venv/installed
	$(BIN)/python benchmarks/problems.py

bench-configs: .venv/installed
	$(BIN)/python benchmarks/configs.py

bench-cookies: .venv/installed
	$(BIN)/python benchmarks/cookies_mean.py

bench-samplers: .venv/installed
	$(BIN)/python benchmarks/samplers.py

bench-ablation: .venv/installed
	$(BIN)/python benchmarks/ablation.py

bench-modes: .venv/installed
	$(BIN)/python benchmarks/modes.py

bench-training: .venv/installed
	$(BIN)/python benchmarks/training_step.py

bench-few-runs: .venv/installed
	$(BIN)/python benchmarks/few_runs.py

bench-calibrate: .venv/installed
	$(BIN)/python benchmarks/calibrate.py

bench-multilevel: .venv/installed
	$(BIN)/python benchmarks/multilevel.py

bench-quasi: .venv/installed
	$(BIN)/python benchmarks/quasi_monte_carlo.py

bench-importance: .venv/installed
	$(BIN)/python benchmarks/importance.py

bench-hidden-germ: .venv/installed
	$(BIN)/python benchmarks/hidden_germ.py

bench-shootout bench-posteriors: bench-%: .venv/installed
	$(BIN)/python benchmarks/series.py $*

bench-two-moons: .venv/installed
	$(BIN)/python benchmarks/two_moons.py

bench-network: .venv/installed
	$(BIN)/python benchmarks/network.py

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

clean:
	rm -rf .venv
