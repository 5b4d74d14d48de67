"""Finished runs are verified, reproduced, mended, taken elsewhere, and outlive their cache."""

import hashlib
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import small
import xarray as xr

from sgmbench import api
from sgmbench.core.samples import Samples
from sgmbench.errors import StoreError, UsageError
from sgmbench.store.atomic import write_bytes
from sgmbench.store.checksummed import content_of, read_checksummed, write_checksummed
from sgmbench.store.lock import LOCK, locked, this_process
from sgmbench.store.manifest import write_manifest
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import read_samples, samples_at, write_samples

CHANGES = {
    "targets": ["marginal", small.CONDITIONAL],
    "methods": ["monte_carlo", "bootstrap", {"kind": "keeping:Weighing", "label": "weighing"}],
    "metrics": ["energy", "mean", "standard_deviation"],
    "keep_samples": "all",
    "replicates": 2,
}
SMALL = {"methods": ["bootstrap"]}
CELL = "marginal.bootstrap.20.r0"


@pytest.fixture(scope="module", autouse=True)
def sketches():
    """One small file in the place of figures, which have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sgmbench.api.running.draw_figures", sketch)
        yield


def sketch(folder, summary):
    write_bytes(folder.path / "figures" / "sketch.svg", b"<svg/>")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of every kind of samples."""
    root = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        return api.run(small.write(root / "a.yaml", **CHANGES), results=root / "results")


@pytest.fixture
def folder(made, tmp_path):
    """A copy of it, with its cache, to be damaged."""
    shutil.copytree(made.folder.parents[1], tmp_path / "results")
    return RunFolder(tmp_path / "results" / made.folder.relative_to(made.folder.parents[1]))


@pytest.fixture
def go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda **changes: api.run(small.write(Path("a.yaml"), **SMALL | changes))


def flip(path, place, bit):
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 1 << bit
    path.write_bytes(data)


def edit(folder, cell, change):
    """Changes a result as if it had been written so."""
    path = folder.cell(cell) / "result.json"
    plain = read_checksummed(path)
    change(plain)
    write_checksummed(path, plain)
    write_manifest(folder.path)


def says(found, status):
    return [(check.subject, check.says) for check in found.checks if check.status == status]


def test_a_run_is_intact_and_its_scores_come_from_its_samples(made, folder):
    found = api.verify(folder.path)
    files = [path for path in made.folder.rglob("*") if path.is_file() and path.name != LOCK]
    assert (found.verdict, says(found, "broken")) == ("intact", [])
    cells = len(made.summary.results)
    assert says(found, "ok") == [
        ("files", f"{len(files) - 1} files have the SHA-256 of manifest.json"),
        ("run.json", f"schema 4, complete, {cells} cells"),
        ("results", f"of {cells} cells can be read"),
        ("cache", f"{len(list(folder.path.parents[1].glob('.cache/*/*.json')))} artifacts have their SHA-256"),
        ("scores", f"of {cells} cells, computed again from their samples, are the same"),
    ]


def test_rows_of_a_few_z_are_scored_again_as_such(go):
    target, shares = {"kind": "decomposition", "inner": 5}, ["variance_shares"]
    found = api.verify(go(targets=[target], methods=["nested", "bootstrap"], metrics=shares).folder)
    assert says(found, "ok")[-1] == ("scores", "of 2 cells, computed again from their samples, are the same")
    assert says(found, "not checked") == []


def test_signed_weights_and_shared_runs_are_needed_for_that(folder):
    """Scored as rows of equal weight and of runs of their own, the same samples have another energy."""
    path = folder.cell("marginal.weighing.20.r0") / "samples.nc"
    kept = read_samples(path)
    layout = small.Line().layout
    write_samples(path, {"all": samples_at(kept, "all", layout, is_law=False).values}, layout)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(folder, "marginal.weighing.20.r0", lambda plain: plain["files"].update({"samples.nc": checksum}))
    ((file, what),) = says(api.verify(folder.path), "broken")
    assert file == "cells/marginal.weighing.20.r0/result.json"
    assert " is told as " in what


def test_a_flipped_bit_is_found_in_every_file(folder):
    """At the beginning, in the middle and at the end of each, with no look at the scores; and so is a lost file."""
    files = sorted(path for path in folder.path.rglob("*") if path.is_file() and path.name != LOCK)
    kinds = {path.suffix for path in files} | {path.name for path in files}
    assert kinds >= {".json", ".nc", ".svg", ".csv", "run.json", "manifest.json", "summary.csv", "contests.csv"}
    for path in files:
        name, whole = path.relative_to(folder.path).as_posix(), path.read_bytes()
        for place, bit in ((0.0, 1), (0.5, 0), (0.7, 6), (1.0, 3)):
            flip(path, place, bit)
            found = api.verify(folder.path, with_scores=False)
            assert found.verdict == "broken"
            assert name in {subject for subject, _ in says(found, "broken")}
            path.write_bytes(whole)
        path.unlink()
        assert name in {subject for subject, _ in says(api.verify(folder.path, with_scores=False), "broken")}
        path.write_bytes(whole)
    assert api.verify(folder.path, with_scores=False).verdict == "intact"


def test_a_score_that_is_not_that_of_its_samples_is_found(folder):
    def wrong(plain, by):
        plain["scores"]["all"]["mean"]["u"] *= 1 + by

    edit(folder, CELL, lambda plain: wrong(plain, 1e-12))
    found = api.verify(folder.path)
    assert found.verdict == "intact"
    assert re.search(r"differ by \de-1[23] at most \(rounding: 1e-09\)$", says(found, "ok")[-1][1])
    edit(folder, CELL, lambda plain: wrong(plain, 1e-6))
    (broken,) = [check for check in api.verify(folder.path).checks if check.status == "broken"]
    assert broken.subject == f"cells/{CELL}/result.json"
    assert broken.says.startswith("mean/u at all is told as ")
    assert broken.remedy == f"remove {folder.cell(CELL)} and go on with sgmbench run {folder.path}"


def test_what_was_not_kept_is_not_checked(go):
    none = api.verify(go(keep_samples="none").folder)
    assert says(none, "not checked") == [("scores", "of 1 cell: samples were not kept (keep_samples: all)")]
    few = api.verify(go(samples_kept=7).folder)
    assert says(few, "not checked") == [
        ("scores", "of 1 cell: no more than 7 samples a condition were kept (samples_kept)")
    ]
    assert (none.verdict, few.verdict) == ("intact", "intact")


def test_what_other_code_made_is_not_scored_by_this(folder):
    edit(folder, CELL, lambda plain: plain.update(content=content_of({})))
    said = "made by other code than this, or of other data (sgmbench reproduce tells what they give now)"
    assert says(api.verify(folder.path), "not checked") == [("scores", f"of 1 cell: {said}")]


def test_an_unfinished_run_is_whole_as_far_as_it_is_there(folder):
    shutil.rmtree(folder.cell(CELL))
    folder.write_record({**folder.record, "status": "interrupted"})
    found = api.verify(folder.path, with_scores=False)
    cells = len(folder.record["cells"])
    assert found.verdict == "intact"
    assert says(found, "not checked") == [
        ("files", "no manifest.json, since the run has not ended"),
        ("results", f"1 of {cells} cells are not there yet; go on with sgmbench run {folder.path}"),
        ("scores", "left out (--no-scores)"),
    ]


def test_a_run_whose_report_is_being_written_is_not_called_broken(folder):
    (folder.path / "manifest.json").unlink()
    with locked(folder.path):
        found = api.verify(folder.path, with_scores=False)
    said = f"no manifest.json yet, since {this_process()} is at work in the run"
    assert (found.verdict, says(found, "not checked")[0]) == ("intact", ("files", said))
    assert says(api.verify(folder.path, with_scores=False), "broken") == [("manifest.json", "is missing")]


def test_what_is_damaged_is_made_again(folder, made):
    """The manifest tells what that is where JSON of one flipped bit does not."""
    for path in folder.path.rglob("*"):
        if path.is_file() and path.name not in ("run.json", "manifest.json"):
            flip(path, 0.6, 0)
    assert api.verify(folder.path, with_scores=False).verdict == "broken"
    again = api.run(folder.path)
    assert api.verify(folder.path).verdict == "intact"
    assert [result.scores for result in again.summary.results] == [r.scores for r in made.summary.results]
    assert again.summary.targets[0].conditions == made.summary.targets[0].conditions


def test_a_changed_configuration_is_not_gone_on_with(folder):
    """Also where run.json is older than its checksum, by the manifest."""
    path = folder.path / "run.json"
    changed = path.read_text().replace('"replicates": 2', '"replicates": 3')
    older = re.sub(r'  "checksum": .*\n', "", changed)
    damaged = "is damaged (it does not have the checksum that it names)"
    for text, what in ((changed, damaged), (older, "has changed since the run ended")):
        path.write_text(text)
        with pytest.raises(StoreError) as caught:
            api.run(folder.path)
        remedy = "restore it from a copy, or run the experiment again"
        assert str(caught.value) == f"{path.resolve()}: {what}; {remedy}"


def test_a_page_that_is_written_anew_is_whole_by_whatever_path_it_is_named(folder, monkeypatch):
    monkeypatch.setattr("sgmbench.api.reporting.draw_figures", lambda *arguments: None)
    monkeypatch.chdir(folder.path.parent)
    (folder.path / "report.html").write_text("by an older version")
    api.report([str(folder.path)], output=Path(folder.path.name, "report.html"))
    assert api.verify(folder.path, with_scores=False).verdict == "intact"


@pytest.mark.parametrize("cell", [CELL, "conditional.weighing.20.r1"])
def test_a_cell_is_reproduced_to_the_last_bit(folder, cell):
    shutil.rmtree(folder.path.parents[1] / ".cache")
    found = api.reproduce(folder.path, cell)
    assert (found.verdict, found.differences, found.remarks) == ("identical", [], [])
    assert found.cell.startswith(cell)
    assert not (folder.path.parents[1] / ".cache").exists()


def test_a_cell_that_is_not_reproduced_says_by_how_much(folder):
    def wrong(plain):
        plain["scores"]["all"]["mean"]["u"] *= 2
        plain["cost"]["solver_runs"] = 19
        plain["content"] = "0"

    edit(folder, CELL, wrong)
    folder.write_record({**folder.record, "environment": {**folder.record["environment"], "device": "an abacus"}})
    found = api.reproduce(folder.path, CELL)
    assert found.verdict == "different"
    by_score = {each.score: each for each in found.differences}
    assert by_score.keys() == {"mean/u", "cost/solver_runs"}
    assert by_score["mean/u"].before == 2 * by_score["mean/u"].now
    assert (by_score["cost/solver_runs"].before, by_score["cost/solver_runs"].now) == (19.0, 20.0)
    assert found.remarks[0] == "the code of this cell, or its data, are not those of the run"
    assert found.remarks[1].startswith("device: an abacus then, 1 x CPU")


def test_a_cell_is_named_without_doubt(folder):
    with pytest.raises(UsageError) as caught:
        api.reproduce(folder.path, "marginal")
    names = [f"marginal.{method}.20.r{i}" for i in (0, 1) for method in ("monte_carlo", "bootstrap", "weighing")]
    assert str(caught.value) == (
        f"marginal: 6 cells have that in their names; write more of it (of {folder.path}: {', '.join(names)})"
    )
    with pytest.raises(
        UsageError, match=r"^kde: no such cell \(of .*: marginal\.monte_carlo\.20\.r0, .* and \d+ more\)$"
    ):
        api.reproduce(folder.path, "kde")


def test_the_table_is_that_of_the_run(made, tmp_path):
    (path,) = api.export(made.folder, to="csv", output=tmp_path / "a.csv")
    assert path.read_bytes() == (made.folder / "summary.csv").read_bytes()


def test_arrays_have_every_score_with_its_unit(made, tmp_path):
    (path,) = api.export(made.folder, to="netcdf", output=tmp_path / "a.nc")
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        for result in made.summary.results:
            at = tree[result.target].to_dataset().sel(label=result.method, budget=20, replicate=result.replicate)
            for condition, metrics in result.scores.items():
                for metric, parts in metrics.items():
                    for part, value in parts.items():
                        assert float(at[f"{metric}.{part}"].sel(condition=condition)) == value
            assert float(at["cost.solver_runs"]) == result.cost.solver_runs
            assert bool(at["is_valid"]) == (result.validity == "valid")
        conditional = tree["conditional"].to_dataset()
        np.testing.assert_array_equal(conditional["z.a"][:2], [0.0, 0.9])
        assert (conditional["z.a"].attrs["units"], conditional["mean.u"].attrs["units"]) == ("V", "sd")
        floors = made.summary.targets[1].conditions
        np.testing.assert_array_equal(
            conditional["floor.energy.d2"], [at["floors"]["energy"]["d2"] for at in floors.values()]
        )


def test_parquet_has_the_table_in_full(made, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    (path,) = api.export(made.folder, to="parquet", output=tmp_path / "a.parquet")
    assert parquet.read_table(path).to_pylist() == made.table()


def test_a_missing_package_is_named_with_its_remedy(made, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"^--to parquet needs pyarrow: pip install 'sgmbench\[parquet\]'$"):
        api.export(made.folder, to="parquet", output=tmp_path / "a.parquet")


POSTERIOR = {
    "problem": {"kind": "linear_gaussian", "dimension": 2},
    "targets": [{"kind": "posterior", "observations": [[0.1, -0.2]], "drawn": 1}],
    "methods": [{"kind": "keeping:Chained", "label": "chained"}, "bootstrap"],
    "metrics": ["mean"],
    "budgets": [60],
}


def test_posterior_samples_are_inference_data_chain_by_chain(go):
    """Draw i of chain k is (i, k): rows lie draw by draw."""
    answer = go(**POSTERIOR)
    written = api.export(answer.folder, to="arviz", output="out")
    assert [path.name for path in written] == [
        f"posterior.{method}.60.r0.{condition}.nc" for method in ("chained", "bootstrap") for condition in ("c1", "d01")
    ]
    with xr.open_datatree(written[0], engine="h5netcdf") as tree:
        posterior = tree["posterior"].to_dataset()
        assert dict(posterior.sizes) == {"chain": 2, "draw": 30}
        first, second = (posterior[name].to_numpy() for name in posterior.data_vars)
        np.testing.assert_array_equal(first, np.tile(np.arange(30.0), (2, 1)))
        np.testing.assert_array_equal(second, np.repeat([[0.0], [1.0]], 30, axis=1))
        np.testing.assert_array_equal(tree["observed_data"]["data"], [0.1, -0.2])
    with xr.open_datatree(written[2], engine="h5netcdf") as tree:
        assert dict(tree["posterior"].sizes) == {"chain": 1, "draw": 60}


def test_arviz_reads_them(go):
    import arviz

    path, *_ = api.export(go(**POSTERIOR).folder, to="arviz")
    found = arviz.from_netcdf(path)
    assert dict(found["posterior"].sizes) == {"chain": 2, "draw": 30}
    assert found["observed_data"]["data"].to_numpy().tolist() == [0.1, -0.2]
    summary = arviz.summary(found, kind="stats")
    assert summary["mean"].tolist() == [14.5, 0.5]  # of draws 0 to 29 in both chains, and of the chains' numbers


def test_without_posterior_samples_there_is_nothing_for_arviz(made, go):
    with pytest.raises(UsageError) as caught:
        api.export(made.folder, to="arviz")
    asked = "marginal, conditional"
    assert str(caught.value) == f"{made.folder} has no posterior samples: it asks for {asked}; add the target posterior"
    lean = go(**POSTERIOR, keep_samples="none").folder
    with pytest.raises(UsageError, match=r" kept no posterior samples; write keep_samples: all and run it again$"):
        api.export(lean, to="arviz")


def test_rows_come_back_as_they_were_scored(tmp_path):
    """Ragged, with weights of both signs at one condition alone, runs that share rows, and numbers of z."""
    rng, layout = np.random.default_rng(0), small.Line().layout
    every = {
        "a": Samples(
            rng.standard_normal((5, 6)),
            layout,
            False,
            np.array([2.0, -1, 1, -2, 1]),
            np.arange(5) // 2,
            outer=np.arange(5) % 2,
        ),
        "b": Samples(rng.standard_normal((3, 6)), layout, False, np.full(3, 1 / 3), np.arange(3), outer=np.arange(3)),
    }
    write_samples(tmp_path / "samples.nc", every, layout)
    kept = read_samples(tmp_path / "samples.nc")
    for name, samples in every.items():
        again = samples_at(kept, name, layout, is_law=False)
        for part in ("values", "weights", "run", "outer"):
            np.testing.assert_array_equal(getattr(again, part), getattr(samples, part))
        assert again.pair is None


def test_the_cache_is_emptied_and_runs_stay(folder, made):
    results = folder.path.parents[1]
    held = api.clear_cache(results)
    assert {each.kind for each in held} >= {"reference", "runs", "fit", "floor"}
    assert sum(each.bytes for each in held) == sum(
        path.stat().st_size for path in (made.folder.parents[1] / ".cache").rglob("*") if path.is_file()
    )
    assert not (results / ".cache").exists()
    assert api.cached(results) == []
    assert api.verify(folder.path).verdict == "intact"  # its references are made again
    assert [each.kind for each in api.cached(results)] == ["reference"]
