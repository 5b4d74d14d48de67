"""Shipped configurations with some changes, of their data or of their text: what a user may get wrong, and worse."""

from copy import deepcopy
from pathlib import Path

from hypothesis import strategies as st

from sgmbench.config.document import read, write

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
LONG = ("porous_electrode", "shootout")  # a hundred cells and more, of what the others have in fewer
TEXTS = [path.read_text() for path in CONFIGS if path.stem not in LONG]
PLAIN = [read(text).value for text in TEXTS]

NUMBERS = [0, -1, 1, 0.5, -1e-300, 1e308, 10**15, -(10**30), 10**400, float("nan"), float("inf")]
WORDS = [
    "",
    " ",
    "kind",
    "null",
    "monte_carlo",
    "diffusion",
    "no",
    "ä\u2028ö",
    "\U0001f600",
    "a:B",
    "os:system",
    "x" * 300,
]
NESTED = [[], {}, [[]], [[[[1]]]], {"kind": "mlp"}, {"kind": ["mlp"]}, {"kind": {"kind": "mlp"}}, {"": 1}, [None], True]
LINES = [
    "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "<<: {name: x}\n",
    "name: twice\n",
    "\tname: tab\n",
    "? [complex, key]\n: value\n",
    "--- \nanother: document\n",
    "tagged: !!python/object/apply:os.system [ls]\n",
    "deep: " + "[" * 60 + "]" * 60 + "\n",
    "control: \x07\n",
    "1: number\n",
]
SNIPPETS = ["", "\0", "{", "]", ": ", "- ", "'", "#", "\ufeff", "&a ", "*a"]


def places(value, path=()):
    """Every path of plain data."""
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        found += places(item, (*path, key))
    return found


def mutate(draw, document):
    """One change at a random place: dropped, renamed, retyped, repeated, or moved."""
    known = places(document)
    if not known:
        return
    *way, key = draw(st.sampled_from(known))
    parent = document
    for each in way:
        parent = parent[each]
    value = parent[key]
    match draw(st.sampled_from(["drop", "rename", "number", "word", "nested", "wrap", "repeat", "other"])):
        case "drop":
            del parent[key]
        case "rename" if isinstance(parent, dict):
            parent[draw(st.sampled_from([f"{key}s", str(key)[1:], "kind", "label", "ä"]))] = parent.pop(key)
        case "number":
            parent[key] = draw(st.sampled_from(NUMBERS))
        case "word":
            parent[key] = draw(st.sampled_from(WORDS) | st.text(max_size=20))
        case "nested":
            parent[key] = deepcopy(draw(st.sampled_from(NESTED)))
        case "wrap":
            parent[key] = [value]
        case "repeat" if isinstance(parent, list):
            parent.append(deepcopy(value))
        case _:
            parent[key] = draw(st.none() | st.booleans() | st.integers() | st.floats())


@st.composite
def documents(draw):
    """The plain data of a shipped configuration with one to three changes."""
    document = deepcopy(draw(st.sampled_from(PLAIN)))
    for _ in range(draw(st.integers(1, 3))):
        mutate(draw, document)
    return document


@st.composite
def texts(draw):
    """The text of a shipped configuration with a strange line in it, or one character replaced."""
    text = draw(st.sampled_from(TEXTS))
    if draw(st.booleans()):
        lines = text.splitlines(keepends=True)
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(LINES)))
        return "".join(lines)
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(SNIPPETS)) + text[at + 1 :]


def mutated():
    """The text of a configuration with changes of either kind."""
    return documents().map(write) | texts()
