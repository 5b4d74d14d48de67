"""Printable: text without control characters, which would move a terminal's cursor, recolor it, or write its title."""

CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - set(b"\n\t"), "?")
"""Of ASCII and Latin-1 but for line ends and tabs; ESC, which begins a terminal's own codes, is one of them."""


def printable(text: str) -> str:
    """With a question mark in the place of each."""
    return text.translate(CONTROLS)
