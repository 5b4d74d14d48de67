"""Elements of HTML: `tag` escapes every child and attribute that is not `Markup` already, so that no
name can break out.

tag("p", "a < b", class_="note")    ->    <p class="note">a &lt; b</p>
"""

import html
from collections.abc import Iterable

VOID = frozenset({"img", "link", "meta"})

Attribute = str | int | float | bool | None


class Markup(str):
    """Text that is HTML already; only `tag`, `joined` and the page's own style and script make it."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: Attribute) -> Markup:
    """An element.

    Args:
        name: of the element.
        children: Markup as it is, other text escaped.
        attributes: `class_` is class, `aria_label` is aria-label; None and False are left out, True has no value.
    """
    head = " ".join([name, *(_attribute(key, value) for key, value in attributes.items() if _is_told(value))])
    return Markup(f"<{head}>" if name in VOID else f"<{head}>{joined(children)}</{name}>")


def joined(children: Iterable[str]) -> Markup:
    """Elements and texts after each other."""
    return Markup("".join(each if isinstance(each, Markup) else html.escape(each) for each in children))


def listed(items: Iterable[str], *, name: str = "p", **attributes: Attribute) -> Markup:
    """An element around each item."""
    return joined(tag(name, item, **attributes) for item in items)


def _is_told(value: Attribute) -> bool:
    return value is not None and value is not False


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    return name if value is True else f'{name}="{html.escape(str(value))}"'
