"""What no one can run is refused before it is counted out."""

BASE = """\
name: test
problem: decay
targets: [marginal]
methods: [draws]
budgets: [10]
"""


def test_too_many_cells(errors, loaded):
    text = BASE.replace("budgets: [10]", "budgets: [10, 20]")
    assert errors(text, "replicates=1000000000000000") == [
        "--set replicates=1000000000000000: replicates: 1,000,000,000,000,000 make 2,000,000,000,000,000 cells; write "
        "at most 50,000"
    ]
    assert loaded(text, "replicates=50000").experiment.replicates == 50_000


def test_too_many_conditions(errors, loaded):
    text = BASE.replace("targets: [marginal]", "targets: [{kind: conditional, drawn: 10001}]")
    assert errors(text) == [
        "a.yaml:3:38: targets.0.drawn: 10,001 conditions are too many to score; write at most 10,000"
    ]
    assert loaded(text, "targets.0.drawn=10000").experiment.targets[0].drawn == 10_000
