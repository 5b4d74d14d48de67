"""The page of a run, and of runs side by side."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase
from tempfile import TemporaryDirectory

from sgmbench.errors import UsageError
from sgmbench.report.draw import draw_answers, draw_figures
from sgmbench.report.page.page import page_of
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.side_by_side import page_of_runs
from sgmbench.report.summary import Summary, summarize
from sgmbench.store.atomic import write_bytes
from sgmbench.store.run_folder import RunFolder, find_run

RESULTS = Path("results")
PAGE = "report.html"
MOST = len(ascii_uppercase)


def report(names: Sequence[str], *, output: Path | None = None, results: Path = RESULTS) -> Path:
    """Writes the page of a finished or unfinished run, or of several side by side.

    Args:
        names: runs as in `show`.
        output: the file; by default `report.html` in the folder of a single run, of several in the results folder.
        results: root of the results folders.

    Returns:
        Where the page is.

    Raises:
        UsageError: there is no such run, or one is named twice.
        StoreError: the page cannot be written.
    """
    folders = [find_run(results, name) for name in names]
    _check(folders)
    with TemporaryDirectory() as temporary:
        figures = Path(temporary)
        if len(folders) == 1:
            page = page_of(_drawn(folders[0], figures))
        else:
            named = zip(ascii_uppercase, folders, strict=False)
            runs = {letter: _with_answers(folder, figures / letter) for letter, folder in named}
            page = page_of_runs(runs, figures)
    path = output or (folders[0].path if len(folders) == 1 else results) / PAGE
    write_bytes(path, page.encode())
    if path.resolve() == (folders[0].path / PAGE).resolve():
        folders[0].renew(PAGE)
    return path


def write_page(folder: RunFolder, summary: Summary) -> None:
    """Writes the page of a run whose figures are in its folder."""
    page = page_of(Reported(folder, summary, folder.path / "figures"))
    write_bytes(folder.path / PAGE, page.encode())


def _drawn(folder: RunFolder, figures: Path) -> Reported:
    summary = summarize(folder)
    draw_figures(folder, summary, figures)
    return Reported(folder, summary, figures)


def _with_answers(folder: RunFolder, figures: Path) -> Reported:
    summary = summarize(folder)
    draw_answers(figures, summary)
    return Reported(folder, summary, figures)


def _check(folders: list[RunFolder]) -> None:
    """That there are runs, not too many, each once."""
    paths = [folder.path.resolve() for folder in folders]
    twice = [path for i, path in enumerate(paths) if path in paths[:i]]
    if not paths:
        raise UsageError("no run is named; name one, or several to see them side by side")
    if twice:
        raise UsageError(f"{twice[0]}: named twice; name each run once")
    if len(paths) > MOST:
        raise UsageError(f"{len(paths)} runs are too many for one page; name at most {MOST}")
