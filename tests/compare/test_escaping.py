"""What a comparison prints for machines has names as text: nothing in them is Markdown, HTML, XML or a command."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from sgmbench.compare.compare import Comparison
from sgmbench.compare.github import annotations
from sgmbench.compare.junit import as_junit
from sgmbench.compare.markdown import as_markdown
from sgmbench.compare.rows import Row

HOSTILE = (
    '<script>alert(1)</script>"onmouseover="alert(2)',
    "</summary></details><img src=x onerror=alert(3)>",
    "](javascript:alert(4)) ![x](http://example.com/x.png)",
    "| a | b |\n|---|---|\n\n# heading\n\n::error::taken\r\n::stop-commands::x",
    "``` `code` *bold* ~~gone~~ \\ &amp; @everybody",
    "\x00\x1b[2J\x07",
)
ROW = Row(
    target="marginal",
    method="kde",
    budget=2500,
    kind="error",
    margin=0.1,
    replicates=5,
    error="mean/c",
    ratio=1.5,
    low=1.4,
    high=1.6,
    verdict="regression",
    p=0.001,
)


def comparison(word):
    """One of whose names all are made of words."""
    named = {"target": word("target"), "method": word("method"), "error": word("mean/c")}
    cell = {"kind": "cell", "margin": 0.0, "replicates": 1, "low": None, "high": None, "ratio": float("inf"), "p": None}
    rows = [
        replace(ROW, **named),
        replace(ROW, **named | {"verdict": "pass"}),
        replace(ROW, **named | cell | {"error": "the cell failed", "why": f"replicate 2: {word('why')}"}),
    ]
    return Comparison(word("old"), word("new"), word("experiment"), rows, [word("note")], [word("unpaired")], [])


def hostile(text):
    return comparison(lambda word: word + text)


def shape(text):
    """The elements of Markdown as GitHub renders it, HTML and all, with the texts in them."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    texts = [token.content for token in flat if token.type in ("text", "code_inline", "text_special")]
    return [
        (each.type, each.tag, each.content if "html" in each.type else "") for each in flat if "text" not in each.type
    ], texts


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_has_the_elements_of_plain_names(text):
    """Whatever the names are; and whoever reads it sees the names."""
    plain, _ = shape(as_markdown(comparison(lambda word: word)))
    found, texts = shape(as_markdown(hostile(text)))
    assert found == plain
    seen = "".join(texts)
    shown = " ".join(text.replace("\x00", "\ufffd").split())
    for word in ("experiment", "method", "mean/c", "why", "note", "unpaired"):
        assert word + shown in seen
    assert all(line.startswith("`") for line in as_markdown(hostile(text)).splitlines() if "@" in line)


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_has_the_elements_of_plain_names(text):
    plain, found = (ElementTree.fromstring(as_junit(each)) for each in (comparison(lambda w: w), hostile(text)))
    assert [(each.tag, list(each.attrib)) for each in found.iter()] == [(e.tag, list(e.attrib)) for e in plain.iter()]
    known = "".join(sign if sign.isprintable() or sign in "\r\n" else "\ufffd" for sign in text)
    (suite,) = found
    assert suite.get("name") == f"experiment{known}"
    assert [case.get("name") for case in suite][:2] == [f"mean/c{known}"] * 2
    assert suite[2][0].get("message").endswith(f"replicate 2: why{known}")


@pytest.mark.parametrize("text", HOSTILE)
def test_an_annotation_is_one_line_whatever_is_in_it(text):
    lines = annotations(hostile(text))
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("::error title=sgmbench%3A regression::")
        assert not {"\r", "\n"} & set(line)
    plain = lines[1].rpartition("why")[2].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    assert plain == text
