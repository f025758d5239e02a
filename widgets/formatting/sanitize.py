"""Makes text of a program safe for a terminal. Every string that is not ours passes through here."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells, set_cell_size
from rockproc.observer.decoding.shortening import shorten as shortened


def sanitize(text: str, limit: int = 2_000) -> str:
    r"""Return `text` with everything that a terminal might act on written as Python writes it: `\x1b`, `\u202e`.

    Markup is left alone because the widgets do not interpret it. A tab becomes four spaces. Characters beyond `limit`
    are replaced by an ellipsis.
    """
    if len(text) > limit:
        text = text[:limit] + "…"
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character == "\t":
        return "    "
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # a byte that was no UTF-8, kept by surrogateescape
        return f"\\x{number - 0xDC00:02x}"
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def width(text: str) -> int:
    """Return the number of cells that `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, cells: int, align: str = "<") -> str:
    """Return `text` in exactly `cells` cells, cut with an ellipsis or padded. `align` is `<` or `>`."""
    if cells <= 0:
        return ""
    used = width(text)
    if used > cells:
        if cells == 1:
            return "…"
        return (text[: cells - 1] if text.isascii() else set_cell_size(text, cells - 1)) + "…"
    padding = " " * (cells - used)
    return padding + text if align == ">" else text + padding


def shorten(text: str, cells: int) -> str:
    """Return `text` in at most `cells` cells: the middle of a long one is replaced by an ellipsis."""
    return shortened(text, cells, width)


def wrap(text: str, cells: int) -> list[str]:
    """Return `text` in lines of at most `cells` cells, broken at spaces where possible."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            candidate = f"{line} {word}" if line else word
            if width(candidate) <= cells:
                line = candidate
                continue
            if line:
                lines.append(line)
            *full, line = chop_cells(word, max(cells, 1)) or [""]
            lines.extend(full)
        lines.append(line)
    return lines
