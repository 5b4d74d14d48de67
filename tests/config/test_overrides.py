import pytest
from toys import Deep, Small

from sgmbench.config.load import build

TEXT = """\
name: test
problem: decay
targets: [marginal, {kind: conditional, drawn: 2}]
methods:
  - draws
  - {kind: learner, label: big}
  - learner
budgets: [10]
"""


def test_overrides_reach_every_part(loaded):
    result = loaded(
        TEXT,
        "replicates=1",
        "budgets=[100, 200]",
        "problem.steps=5",
        "reference.size=60",
        "ask.tolerance=1e-1",
        "methods.big.steps=7",
        "methods.2.schedule.peak=.5",
        "targets.conditional.drawn=4",
        "metrics.energy_standardized.norm=field_l2",
        "budgets.1=300",
    )
    experiment = result.experiment
    learners = [entry.method for entry in experiment.methods[1:]]
    assert experiment.replicates == 1
    assert experiment.budgets == (100, 300)
    assert experiment.problem.steps == 5
    assert experiment.reference.size == 60
    assert experiment.ask[0].tolerance == 0.1
    assert [learner.steps for learner in learners] == [7, 100]
    assert [learner.schedule.peak for learner in learners] == [1e-3, 0.5]
    assert experiment.targets[1].drawn == 4
    assert {entry.metric.norm for entry in experiment.metrics[:2]} == {"field_l2"}
    assert result.document["problem"] == {"kind": "decay", "steps": 5}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("replicates=0", "replicates: 0 is too small; write a whole number of at least 1"),
        ("replicates=no", "replicates: 'no' is text; write a whole number of at least 1"),
        ("problem.stepz=3", "problem.stepz: unknown key (did you mean steps?); write one of steps, scheme, order"),
        ("refrence.size=100", "refrence: unknown key (did you mean reference?)"),
        ("methods.bog.steps=3", "methods has no entry 'bog' (did you mean big?); write one of big, draws, learner"),
        ("methods.3.steps=3", "methods has 3 entries, counted from 0; write 0 to 2"),
        ("budgets.x=3", "budgets has no entry 'x'; write the position, counted from 0"),
        ("budgets.0.x=3", "budgets.0 is a single value and has no parts; write budgets.0=value"),
        ("replicates", "not of the form a.b=value; write for example replicates=1 or methods.0.steps=5"),
        ("a..b=1", "not of the form a.b=value; write for example replicates=1 or methods.0.steps=5"),
        ("=1", "not of the form a.b=value; write for example replicates=1 or methods.0.steps=5"),
        ("seed=", "no value after =; write one, or null"),
        ("seed=&x 1", "anchors (&) and aliases (*) are not supported; write the value out"),
        ("seed={a: 1, a: 2}", "this key is already on line 1; keep one of them"),
        ("budgets=[0]", "budgets.0: 0 is too small; write a whole number of at least 1"),
    ],
)
def test_errors_name_the_override(errors, override, message):
    (line,) = errors(TEXT, override)
    assert line.startswith(f"--set {override}: {message}")


def test_a_label_names_its_entry_among_several_of_a_kind(loaded, errors):
    """Without one an entry's label is its kind."""
    learners = [entry.method for entry in loaded(TEXT, "methods.learner.steps=7").experiment.methods[1:]]
    assert [learner.steps for learner in learners] == [100, 7]
    both_labeled = TEXT.replace("  - learner", "  - {kind: learner, label: small}")
    (line,) = errors(both_labeled, "methods.learner.steps=3")
    several = "methods has several entries 'learner'; write the position, counted from 0"
    assert line == f"--set methods.learner.steps=3: {several}"
    crossed = TEXT.replace("label: big", "label: draws").replace("  - draws\n", "  - {kind: draws, label: few}\n")
    assert loaded(crossed, "methods.draws.steps=9").experiment.methods[1].method.steps == 9


def test_a_part_that_the_document_leaves_out_is_the_default_one_with_what_is_set(loaded, errors):
    result = loaded(TEXT, "methods.big.network.width=16")
    assert result.experiment.methods[1].method.network == Small(16)
    assert result.document["methods"][1]["network"] == {"kind": "small", "width": 16}
    kinds = loaded(TEXT, "methods.big.network.kind=deep", "methods.big.network.widths=[4]")
    assert kinds.experiment.methods[1].method.network == Deep((4,))
    (line,) = errors(TEXT, "methods.big.network.widths=[4]")
    expected = "methods.1.network.widths: unknown key (did you mean width?); write one of width"
    assert line.endswith(expected)
    assert build("methods", "learner", ["network.width=3"]).network == Small(3)


def test_an_override_mends_the_file(loaded):
    assert loaded(TEXT.replace("[10]", "[0]"), "budgets=[7]").experiment.budgets == (7,)


def test_the_last_of_equal_overrides_counts(loaded):
    assert loaded(TEXT, "seed=1", "seed=2").experiment.seed == 2
