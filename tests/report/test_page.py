"""The page of a run written by hand: what it says, that nothing breaks out of it, that it is always the same."""

import html
import re
import shutil
from html.parser import HTMLParser

import finished
import numpy as np
import pytest
import yaml
from browser import CHROMIUM, IS_REQUIRED, Browser
from typer.testing import CliRunner

from sgmbench.api.reporting import report, write_page
from sgmbench.cli import app
from sgmbench.config.dump import dump
from sgmbench.config.load import load
from sgmbench.errors import UsageError
from sgmbench.report.draw import draw_figures
from sgmbench.report.figures.error_against_cost import priced
from sgmbench.report.format import count
from sgmbench.report.page.calibration import calibration_section, coverage
from sgmbench.report.page.configuration import yaml_of
from sgmbench.report.page.contests import contests_section
from sgmbench.report.page.ladder import ladder_section
from sgmbench.report.page.markup import Markup, tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.samples import samples_section
from sgmbench.report.page.side_by_side import settings_of
from sgmbench.report.page.tables import Grid, html_of, key_of
from sgmbench.report.summary import summarize
from sgmbench.store.atomic import write_json
from sgmbench.store.manifest import inspect
from sgmbench.store.run_folder import RunFolder

needs_chromium = pytest.mark.skipif(CHROMIUM is None and not IS_REQUIRED, reason="no chromium on this machine")


class Elements(HTMLParser):
    """The elements of a page, and the text of its tables row by row."""

    def __init__(self, text):
        super().__init__()
        self.found, self.rows, self._open = [], [], []
        self.feed(text)

    def handle_starttag(self, name, attributes):
        self.found.append((name, dict(attributes)))
        if name == "tr":
            self.rows.append([])
        elif name in ("td", "th") and self.rows:
            self.rows[-1].append("")
        self._open.append(name)

    def handle_endtag(self, name):
        while self._open and self._open.pop() != name:
            pass

    def handle_data(self, data):
        if self.rows and {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def named(self, *names):
        return [attributes for name, attributes in self.found if name in names]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return finished.write_run(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def page(folder):
    """Written as at the end of a run."""
    summary = summarize(folder)
    draw_figures(folder, summary)
    write_page(folder, summary)
    return folder.path / "report.html"


@pytest.fixture(scope="module")
def without_samples(tmp_path_factory):
    return finished.write_run(tmp_path_factory.mktemp("without"), factor=2.0, samples=False)


@pytest.fixture(scope="module")
def side_by_side(folder, without_samples, tmp_path_factory):
    path = tmp_path_factory.mktemp("beside") / "beside.html"
    return report([str(folder.path), str(without_samples.path)], output=path)


@pytest.fixture(scope="module")
def elements(page):
    return Elements(page.read_text())


def test_the_same_run_gives_the_same_bytes_when_it_ends_and_ever_after(folder, page):
    first = page.read_bytes()
    page.write_text("by an older version")
    folder.seal()
    (folder.path / "figures" / "conditional_costs.svg").write_text("changed by hand")
    assert report([str(folder.path)]) == page
    assert page.read_bytes() == first
    assert [damage.file for damage in inspect(folder.path).damages] == ["figures/conditional_costs.svg"]
    assert str(folder.path).encode() not in first


def test_the_page_asks_nobody_for_anything(page, side_by_side):
    for path in (page, side_by_side):
        text = path.read_text()
        links = [
            value for _, attributes in Elements(text).found for key in ("src", "href") if (value := attributes.get(key))
        ]
        assert links
        assert {link.partition(":")[0] if ":" in link else link[:1] for link in links} <= {"data", "#"}
        assert not re.search(r"https?://|@import|url\(|<script[^>]+src|<iframe|<object", text)
        assert text.count("default-src &#x27;none&#x27;; img-src data:;") == 1


def test_links_lead_to_sections_and_no_two_have_one_name(elements):
    names = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(set(names)) == len(names) == 13
    assert [attributes["href"] for attributes in elements.named("a")] == [f"#{name}" for name in names]


def test_every_figure_says_what_it_shows_with_numbers(elements, side_by_side):
    images = [*elements.named("img"), *Elements(side_by_side.read_text()).named("img")]
    starts = [image["alt"].partition(":")[0].partition(" of ")[0].partition(".")[0] for image in images]
    assert starts == [
        "Decision map",
        "Energy error over solver runs with the guide N^-1/2",
        "conditional",
        "conditional",
        "Mean and 95 % band along x",
        "Histograms at three places",
        "Tails and quantiles",
        "Pair plot",
        "Power spectra",
        "PIT histograms",
        "conditional",
        "Decision map",
        "Decision map",
        "conditional",
    ]
    assert all(re.search(r"\d", image["alt"]) for image in images)
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in images)
    assert not elements.named("svg")


def test_names_of_methods_and_sentences_of_cells_do_not_break_out(page, elements, side_by_side):
    for path in (page, side_by_side):
        text = path.read_text()
        assert "&lt;b&gt;&amp;&quot;" in text
        assert "<b>" not in text
        assert text.count("<script>") == 1
        assert html.escape(finished.EXPERIMENT) in text
    text = page.read_text()
    for said in ("<i>odd</i>", "needs <flowjax>", "its samples are <spoilt>", "the solver said <NaN>"):
        assert said not in text
        assert html.escape(said) in text
    assert any(finished.HOSTILE in row[0] for row in elements.rows)


def test_tables_have_the_numbers_of_the_summary(folder, elements):
    """Equivalent runs mu / D2bar of each method, its seconds, and the least error of a mean."""
    (target,) = (target for target in summarize(folder).targets if target.name == "conditional")
    rows = {tuple(row[:2]): row for row in reversed(elements.rows) if len(row) > 2}  # the first of each name
    for line in target.lines:
        name = line.method + (" (invalid)" if line.invalid else "")
        assert count(line.median().value) in rows[name, count(line.budget)][2]
        assert line.median().value == pytest.approx(1 / finished.D2[line.method, line.budget], rel=1e-6)
    assert ["mean/c", "0.01", "0.035", "0.035", "0.035"] in elements.rows
    spent = [row for row in elements.rows if row[:2] == [finished.HOSTILE, "900"] and "500 ms" in row]
    assert spent[0][2:7] == ["41.5 s", "9 s", "500 ms", "30 s", "2 s"]


def test_failed_and_invalid_cells_are_counted_and_named(elements, page):
    assert "9 of 9 cells are finished: 1 failed, 2 invalid, 6 valid." in page.read_text()
    assert ["conditional.broken.900.r1", "ok", "its samples are <spoilt>"] in elements.rows
    assert ["marginal.monte_carlo.100.r0", "failed", "the solver said <NaN>"] in elements.rows


def test_contests_and_memorization_stand_as_they_were_found(elements):
    duels = [row for row in elements.rows if row[:3] == ["conditional", "900", "monte_carlo"]]
    assert [row[3] for row in duels] == [finished.HOSTILE]
    assert float(duels[0][4]) == pytest.approx((0.0011 + 2 / 4000) / (0.0025 + 2 / 4000), rel=0.01)
    searched = [row for row in elements.rows if row[-1] == "no sign"]
    assert searched[0][4:8] == ["2.0 %", "1.0 %", ".90", ".30"]
    assert len(searched) == 4


def test_without_kept_samples_the_page_says_how_to_keep_them(without_samples, tmp_path):
    path = tmp_path / "page.html"
    told = CliRunner().invoke(app, ["report", str(without_samples.path), "-o", str(path)])
    assert (told.exit_code, told.stdout) == (0, f"{path}\n")
    text = path.read_text()
    assert "This run kept no samples, so there is nothing to draw. Write keep_samples: first_replicate" in text
    assert "Not known: this run kept no samples" in text


def test_a_run_that_keeps_samples_is_not_told_to_keep_them(without_samples, tmp_path):
    """As one of failed cells only: there was nothing to keep. No two methods were scored by the metric that decides."""
    folder = RunFolder(shutil.copytree(without_samples.path, tmp_path / "run"))
    record = folder.record
    record["configuration"] |= {"keep_samples": "first_replicate", "primary": "mmd"}
    folder.write_record(record)
    reported = Reported(folder, summarize(folder), tmp_path)
    said = [str(section(reported).body) for section in (samples_section, calibration_section, contests_section)]
    assert said == [
        "<p>No target has a truth and a method that was scored, so there is nothing to draw.</p>",
        "<p>Not known: no model of a law was scored, whose intervals could be held against runs of the truth.</p>",
        "<p>Who is better than whom is told of methods that the primary metric (mmd) scores in two replicates or more "
        "at one budget, of which there are no two; write replicates: 3 or more, or another metric as primary.</p>",
    ]


def test_runs_side_by_side_have_a_column_each_and_only_what_differs(side_by_side):
    """Errors twice as large are worth half of the runs."""
    elements = Elements(side_by_side.read_text())
    rows = [row for row in elements.rows if row[:2] == ["monte_carlo", "100"] and len(row) == 6]
    assert rows[0][2:] == ["100", "50", "3.5 s", "3.5 s"]
    assert "All settings are the same." in side_by_side.read_text()


def test_three_runs_have_three_columns(folder, without_samples, tmp_path):
    third = finished.write_run(tmp_path, factor=4.0, samples=False)
    page = report([str(each.path) for each in (folder, without_samples, third)], output=tmp_path / "three.html")
    rows = [row for row in Elements(page.read_text()).rows if row[:2] == ["monte_carlo", "100"] and len(row) == 8]
    assert rows[0][2:] == ["100", "50", "25", "3.5 s", "3.5 s", "3.5 s"]


def test_runs_named_twice_or_not_at_all_are_refused(folder):
    with pytest.raises(UsageError, match="named twice; name each run once"):
        report([str(folder.path), str(folder.path)])
    with pytest.raises(UsageError, match="no run is named; name one, or several to see them side by side"):
        report([])


def test_a_ladder_beside_the_run_is_on_its_page_and_another_experiments_is_not(folder, page, tmp_path):
    beside = folder.path.parent / "ladder"
    write_json(beside / "ladder.json", finished.LADDER)
    reported = Reported(folder, summarize(folder), tmp_path)
    told = str(ladder_section(reported).body)
    write_json(beside / "ladder.json", finished.LADDER | {"experiment": "another"})
    other = str(ladder_section(reported).body)
    shutil.rmtree(beside)
    assert "diffusion at 2,500 runs, conditional: learning &lt;more&gt; runs" in told
    assert [row[1:] for row in Elements(told).rows[1:]] == [
        ["", "<.022", ">1,940", ".025", ".007"],
        ["26", ".20", "25", ".30", ".10"],
    ]
    assert "There is none of this experiment" in other


RUNG = finished.LADDER["conditions"][0]["rungs"][0]
PARTS = ("name", "evaluations", "closeness", "wasserstein", "standard_deviation")


@pytest.mark.parametrize(
    "spoiled",
    [
        {"budget": None},
        *({"conditions": conditions} for conditions in (None, [], "x", [None], [{"condition": "c1", "rungs": []}])),
        *({"conditions": [{"rungs": [{k: v for k, v in RUNG.items() if k != part}]}]} for part in PARTS),
    ],
    ids=str,
)
def test_a_ladder_of_other_parts_is_left_out_and_said_to_be(folder, tmp_path, spoiled):
    beside = folder.path.parent / "ladder"
    write_json(beside / "ladder.json", finished.LADDER | spoiled)
    body = ladder_section(Reported(folder, summarize(folder), tmp_path)).body
    shutil.rmtree(beside)
    said = "The ladder.json beside this run is not what sgmbench ladder writes, and is left out; make it anew."
    assert body == f"<p>{said}</p>"


def test_seconds_are_runs_at_their_cost_and_what_a_method_takes_itself(folder):
    (target,) = (target for target in summarize(folder).targets if target.name == "conditional")
    measured, dear = priced(target, [finished.ASK])
    assert (measured.words, dear.words) == ("10 ms a run (measured)", "1 s a run")
    (line,) = (line for line in target.lines if line.method == finished.HOSTILE)
    assert measured.seconds(line) == pytest.approx(900 * 0.01 + 0.5 + 30 + 2)
    assert dear.seconds(line) == pytest.approx(900 + 32.5)


def test_settings_are_named_by_path_and_label():
    found = dict(
        settings_of({"methods": [{"label": "a", "width": 3}, {"label": "b"}], "budgets": [1, 2], "seed": None})
    )
    assert found == {
        "methods[a].label": "a",
        "methods[a].width": "3",
        "methods[b].label": "b",
        "budgets": "[1, 2]",
        "seed": "none",
    }


def test_the_yaml_of_the_page_is_the_experiment(tmp_path):
    """Written, read and dumped again it is the same in every value."""
    configuration = dump(load("configs/quickstart.yaml").experiment)
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml_of(configuration))
    assert dump(load(path).experiment) == configuration


def test_the_yaml_on_the_page_is_that_of_the_run(folder, page):
    (code,) = re.findall(r"<code>(.*?)</code>", page.read_text(), re.DOTALL)
    assert yaml.safe_load(html.unescape(code)) == folder.record["configuration"]


def test_every_text_and_attribute_is_escaped_once():
    inner = tag("b", 'a < "b" & c')
    assert inner == "<b>a &lt; &quot;b&quot; &amp; c</b>"
    assert isinstance(inner, Markup)
    assert tag("p", inner, title='"><script>', tabindex=0, hidden=True, class_=None) == (
        '<p title="&quot;&gt;&lt;script&gt;" tabindex="0" hidden><b>a &lt; &quot;b&quot; &amp; c</b></p>'
    )


def test_numbers_are_sorted_by_what_they_say():
    printed = {
        "-": None,
        "failed": None,
        ".001": 0.001,
        "under .001": 0.001,
        "<.02": 0.02,
        "1.2e-05": 1.2e-5,
        "12.5": 12.5,
        ">1,250\n900-1,700": 1250,
        "2.5 %": 0.025,
        "1.2 us": 1.2e-6,
        "3 ms": 3e-3,
        "20 s": 20,
        "3 min": 180,
        "2 h": 7200,
    }
    assert {text: key_of(text) for text in printed} == printed
    cells = Elements(html_of(Grid("t", ["a", "b"], [["x", "0"], ["y", ""]], foot=[["floor", "1"]]))).named("td")
    assert [cell.get("data-key") for cell in cells] == ["0.0", None, "1.0"]


def test_intervals_of_a_calibrated_set_cover_their_level():
    """A further draw of the same law lies between the weibull quantiles of M = 199 draws with probability l exactly."""
    rng = np.random.default_rng(0)
    shares = np.array([coverage(rng.standard_normal((50, 40)), rng.standard_normal((199, 40)), 0.9) for _ in range(30)])
    assert abs(shares.mean() - 0.9) < 4 * shares.std(ddof=1) / 30**0.5
    narrow = coverage(rng.standard_normal((2000, 20)), 0.5 * rng.standard_normal((199, 20)), 0.9)
    assert narrow == pytest.approx(0.589, abs=0.03)  # 2 Phi(1.645 / 2) - 1


@pytest.fixture(scope="module")
def browser():
    with Browser() as opened:
        yield opened


OUTSIDE = """
(() => {
  const width = document.documentElement.clientWidth;
  return Array.from(document.body.querySelectorAll("*"))
    .filter((each) => !each.parentElement.closest(".scroll, pre"))
    .filter((each) => each.getBoundingClientRect().right > width + 0.5)
    .map((each) => each.outerHTML.slice(0, 200));
})()
"""
SORTED = """
((column) => {
  const tables = Array.from(document.querySelectorAll("table"));
  const table = tables.find((each) => each.tHead && each.tBodies[0].rows.length > 2);
  const heading = table.tHead.rows[0].cells[column];
  heading.querySelector("button").click();
  const rows = Array.from(table.tBodies[0].rows, (row) => row.cells[column]);
  return [heading.getAttribute("aria-sort"), rows.map((cell) => cell.dataset.key ?? cell.textContent)];
})(%d)
"""


@needs_chromium
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("which", ["page", "side_by_side"])
def test_in_a_browser_nothing_overflows_nothing_is_loaded_and_nothing_complains(browser, which, width, request):
    browser.open(request.getfixturevalue(which), width=width)
    root = "document.documentElement"
    assert browser.evaluate(f"[innerWidth, {root}.scrollWidth - {root}.clientWidth]") == [width, 0]
    assert browser.evaluate(OUTSIDE) == []
    assert browser.requests() == []
    assert browser.complaints() == []
    loaded = "Array.from(document.images, (each) => each.complete && each.naturalWidth > 0)"
    assert set(browser.evaluate(loaded)) == {True}


@needs_chromium
def test_a_click_sorts_numbers_downwards_then_upwards_and_words_the_other_way(browser, page):
    browser.open(page, width=1440)
    order, keys = browser.evaluate(SORTED % 2)
    assert (order, list(map(float, keys))) == ("descending", sorted(map(float, keys), reverse=True))
    order, keys = browser.evaluate(SORTED % 2)
    assert (order, list(map(float, keys))) == ("ascending", sorted(map(float, keys)))
    order, words = browser.evaluate(SORTED % 0)
    assert (order, words) == ("ascending", [finished.HOSTILE, "broken (invalid)", "monte_carlo", "monte_carlo"])


@needs_chromium
def test_the_page_is_dark_where_dark_is_preferred_and_figures_stay_on_white(browser, page):
    looks = {}
    for scheme in ("light", "dark"):
        browser.open(page, width=1440, scheme=scheme)
        color = "getComputedStyle(document.querySelector('%s')).backgroundColor"
        looks[scheme] = [browser.evaluate(color % each) for each in ("body", "figure .scroll")]
    assert looks == {
        "light": ["rgb(255, 255, 255)", "rgb(255, 255, 255)"],
        "dark": ["rgb(20, 23, 27)", "rgb(255, 255, 255)"],
    }


@needs_chromium
def test_what_is_folded_is_printed_and_closes_again(browser, page):
    """What was open before stays open."""
    browser.open(page, width=1440)
    count = "document.querySelectorAll('details%s').length"
    closed = browser.evaluate(count % ":not([open])")
    assert closed > 1
    browser.evaluate("document.querySelector('details').open = true")
    browser.evaluate(f"addEventListener('beforeprint', () => {{ window.opened = {count % '[open]'}; }})")
    browser.print_to_pdf()
    assert browser.evaluate("window.opened") == browser.evaluate(count % "") == closed
    assert browser.evaluate(count % "[open]") == 1
