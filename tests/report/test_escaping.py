"""Names and sentences of a run are text on its page: they open no element, and give none an attribute.

The page of a run whose names are HTML has the elements, with the attributes, of that of the same run whose names are
plain words.
"""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
import sent
from rich.text import Text

from sgmbench import api
from sgmbench.api.reporting import report
from sgmbench.report.answer import answers
from sgmbench.report.summary import summarize
from sgmbench.report.terminal import Plain, notes, print_whole, tables, wide_console
from sgmbench.store.atomic import write_json

HTML = '<script>alert(1)</script>"onmouseover="alert(2)'
IN_PATHS = '<script>alert(1)<img src=x onerror=alert(2)>"onmouseover="'
MARKUP = "[/bold] [link=file:x]:smile: $\\frac$"
CODES = "\x1b]0;title\x07\x1b[2J\x9b31m\r\x08\x7f"
OF_LABELS = "[bold] [link=file:x]:smile:"  # of a legend dollars are read; where labels are configured none is taken
OF_FIELDS = f"{OF_LABELS} $x^$"


class Page(HTMLParser):
    """What a browser sees: elements with the names of their attributes, the values of these, and texts."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.values, self.texts = [], [], []
        self.feed(path.read_text())

    def handle_starttag(self, name, attributes):
        self.elements.append((name, sorted(key for key, _ in attributes)))
        self.values += attributes

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same run with plain words for names, and with HTML."""
    root = tmp_path_factory.mktemp("sent")
    plain = sent.write_run(root / "plain", lambda word: word, lambda word: word)
    hostile = sent.write_run(root / "hostile", lambda word: word + HTML, lambda word: word + IN_PATHS)
    for folder, word in ((plain, ""), (hostile, HTML)):
        ladder = {"experiment": f"experiment{word}", "method": f"m{word}", "target": f"t{word}", "budget": 10}
        ladder |= {"verdict": f"verdict{word}", "conditions": [_rungs(word)]}
        write_json(folder.path.parent / "ladder" / "ladder.json", ladder)
    return plain, hostile


def _rungs(word):
    equivalent = {"value": 10.0, "at_least": False}
    rung = {"name": f"rung{word}", "evaluations": 3, "closeness": {"error": 0.1, "equivalent": equivalent}}
    return {
        "condition": f"c{word}",
        "samples": 10,
        "cap": 100.0,
        "rungs": [rung | {"wasserstein": {f"c{word}": 0.1}, "standard_deviation": {f"c{word}": 0.1}}],
    }


@pytest.fixture(scope="module")
def pages(runs, tmp_path_factory):
    """Of each run by itself, and of both side by side."""
    root = tmp_path_factory.mktemp("pages")
    plain, hostile = (str(folder.path) for folder in runs)
    named = {"plain": [plain], "hostile": [hostile], "beside": [plain, hostile]}
    return {name: Page(report(which, output=root / f"{name}.html")) for name, which in named.items()}


def test_names_open_no_element_and_give_none_an_attribute(pages):
    plain = pages["plain"]
    assert pages["hostile"].elements == plain.elements
    keys, names = ({each for _, found in plain.elements for each in found}, {name for name, _ in plain.elements})
    assert {name for name, _ in pages["beside"].elements} <= names
    assert {each for _, found in pages["beside"].elements for each in found} <= keys
    for page in (pages["hostile"], pages["beside"]):
        assert sum(name == "script" for name, _ in page.elements) == 1
        assert not [key for key, _ in page.values if key.startswith("on")]
        links = [value for key, value in page.values if key in ("src", "href")]
        assert [link for link in links if not re.match(r"data:|#", link)] == []


def test_names_stand_on_the_page_as_they_are(pages):
    text = " ".join([*pages["hostile"].texts, *(str(value) for _, value in pages["hostile"].values)])
    words = ("experiment", "problem", "setting", "value", "device", "commit", "jax", "warning", "flow", "needs", "data")
    words += ("verdict", "failed", "says", "marks", "constraint", "metric", "error", "rung", "a condition")
    assert [word for word in words if word + HTML not in text] == []
    paths = ("sampler", "generator", "other", "c", "q")
    assert [word for word in paths if word + IN_PATHS not in text] == []


def test_names_in_figures_are_drawn_and_nothing_else(pages):
    found = [value for key, value in pages["hostile"].values if key == "src"]
    kinds = set()
    for figure in found:
        svg = base64.b64decode(figure.partition(",")[2])
        kinds |= {each.tag.rpartition("}")[2] for each in ElementTree.fromstring(svg).iter()}
    assert len(found) > 8
    assert not kinds & {"script", "foreignObject", "image", "a", "text", "img", "iframe"}


def test_names_are_not_markup_of_the_terminal_nor_mathematics(tmp_path, capsys):
    """Brackets, colons and dollars stand there as they were written, and what they would mean is not done."""
    names = {name: name + OF_FIELDS for name in "cqx"} | {name: name + OF_LABELS for name in ("sampler", "generator")}
    folder = sent.write_run(tmp_path, lambda word: word + MARKUP, lambda word: names.get(word, word))
    summary = summarize(folder)
    for table in tables(summary):
        print_whole(wide_console(), table)
    shown = " ".join(capsys.readouterr().out.split())
    assert f"experiment{MARKUP}: conditional" in shown
    assert [name for name in ("generator", "c", "q") if names[name] not in shown] == []
    assert any(f"failed{MARKUP}" in said for said in notes(summary))
    assert answers(summary)
    assert report([str(folder.path)], output=tmp_path / "page.html").exists()


def test_names_and_reasons_do_not_command_the_terminal(tmp_path, capsys):
    """They would write its title, empty it, and color what follows; Rich leaves out some codes by itself."""
    folder = sent.write_run(tmp_path, lambda word: word + CODES, lambda word: word)
    api.print_answer(api.show(str(folder.path)))
    shown = capsys.readouterr().out
    assert not set(shown) & (set(map(chr, range(32))) - {"\n"} | set(map(chr, range(127, 160))))
    words = ("warning", "flow", "needs", "experiment", "failed")
    assert [word for word in words if f"{word}?]0;title?[2J?31m?" not in shown] == []


def test_escape_codes_of_the_terminal_are_the_consoles_own(tmp_path):
    with (tmp_path / "shown").open("w+") as file:
        console = Plain(file=file, force_terminal=True, color_system="standard", markup=False)
        console.print(Text("a\x1b[31mb", style="bold red"))
        file.seek(0)
        assert file.read() == "\x1b[1;31ma?[31mb\x1b[0m\n"
