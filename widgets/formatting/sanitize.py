"""Text from a program, made safe for a terminal: every string that is not ours passes through here."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells, set_cell_size


def sanitize(text: str, limit: int = 2_000) -> str:
    r"""Return `text` with everything that a terminal might act on written as Python writes it: `\x1b`, `\u202e`.

    Markup is not touched: nothing of ours reads it. A tab is four spaces; what is beyond `limit` is left out.
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
    """Cells that `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, cells: int, align: str = "<") -> str:
    """`text` in exactly `cells` cells: cut with an ellipsis, or padded on the side that `align` leaves."""
    if cells <= 0:
        return ""
    taken = width(text)
    if taken > cells:
        if cells == 1:
            return "…"
        return (text[: cells - 1] if text.isascii() else set_cell_size(text, cells - 1)) + "…"
    padding = " " * (cells - taken)
    return padding + text if align == ">" else text + padding


def wrap(text: str, cells: int) -> list[str]:
    """`text` in lines of at most `cells` cells, broken at spaces where that is possible."""
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
