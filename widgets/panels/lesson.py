"""The description of the scenario that runs: what it shows, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..bases.rows import Row, column
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import View
from ..formatting.cells import Cells
from ..formatting.latest import Latest
from ..formatting.sanitize import sanitize, shorten, width, wrap

_GAP = "  "
"""The space between two columns of a table."""
_MIN_TABLE_LINES = 3
"""A heading, the line below it, and a row."""
_RULE = re.compile(r":?-+:?")
"""A cell of the line below the heading of a table."""
_MARKS = re.compile(r"\*\*|``|`|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)")


Table = list[tuple[str, ...]]
"""The cells of each row of a Markdown table, without the line below its heading."""


class Lesson(SearchablePanel):
    HELP = "The description of the scenario: what it shows, and why."
    BINDING_GROUP_TITLE = "Lesson"
    EMPTY = "This program has no description. A scenario has one in its docstring."
    NAME = "lesson"
    TITLE = "Lesson"
    DRAWER = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._paragraphs: list[str | Table] = []
        self._latest = Latest[list[Row]]()

    def load(self, text: str) -> None:
        """Show a description, which is Markdown."""
        self._paragraphs = _paragraphs(text)
        self.set_rows(self.rows(self.view))

    def has_content(self, view: View) -> bool:  # noqa: ARG002
        return bool(self._paragraphs)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(self._formatted(columns))

    def reset(self) -> None:
        """Keep the description: the next run is of the same scenario."""

    def rows(self, view: View) -> list[Row]:  # noqa: ARG002
        return self._formatted(self.columns)

    def resized(self) -> None:
        self.set_rows(self.rows(self.view))

    def _formatted(self, columns: int) -> list[Row]:
        return self._latest.of(self._paragraphs, columns, lambda: self._wrapped(columns))

    def _wrapped(self, columns: int) -> list[Row]:
        rows: list[Row] = []
        for number, paragraph in enumerate(self._paragraphs):
            if rows:
                rows.append(Row((number, "gap"), (), False))
            if not isinstance(paragraph, str):
                rows += [Row((number, index), cells) for index, cells in enumerate(_table_lines(paragraph, columns))]
                continue
            code = paragraph.startswith("    ")
            lines = paragraph.splitlines() if code else wrap(paragraph, max(columns - 1, 10))
            rows += [Row((number, index), ((line, "string" if code else ""),)) for index, line in enumerate(lines)]
        return rows

    def copied(self) -> str:
        return "\n\n".join(
            paragraph if isinstance(paragraph, str) else "\n".join(map(_GAP.join, paragraph))
            for paragraph in self._paragraphs
        )


def _paragraphs(text: str) -> list[str | Table]:
    """Return the paragraphs of a Markdown text; an item of a list is one, and code keeps its lines."""
    paragraphs: list[str | Table] = []
    for block in _sanitized(text).split("\n\n"):
        if not block.strip():
            continue
        if all(line.startswith("    ") for line in block.splitlines() if line):
            paragraphs.append(block)
            continue
        if table := _table(block):
            paragraphs.append(table)
            continue
        current: list[str] = []
        for line in block.splitlines():
            item = re.match(r"\s*(?:[-*]|\d+\.)\s", line)
            if item and current:
                paragraphs.append(" ".join(current))
                current = []
            plain = _plain(line.strip().lstrip("#").strip())
            current.append(re.sub(r"^[-*]\s", "• ", plain) if item else plain)
        paragraphs.append(" ".join(current))
    return paragraphs


def _plain(text: str) -> str:
    """Return a text without the marks of Markdown for emphasis and code."""
    return _MARKS.sub("", text)


def _table(block: str) -> Table:
    """Return the rows of a Markdown table; none if the block is not a table."""
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    if len(lines) < _MIN_TABLE_LINES or not all(line.startswith("|") for line in lines):
        return []
    rows = [tuple(_plain(cell.strip()) for cell in line.strip("|").split("|")) for line in lines]
    return [row for row in rows if not all(_RULE.fullmatch(cell) for cell in row)]


def _table_lines(table: Table, columns: int) -> Iterator[Cells]:
    """Yield the lines of a table: the first cells of its rows below each other, the others wrapped beside them."""
    first = min(max(width(row[0]) for row in table), columns // 3)
    room = max(columns - first - len(_GAP) - 1, 10)
    for number, (head, *others) in enumerate(table):
        for index, line in enumerate(wrap(_GAP.join(others), room) or [""]):
            label = shorten(head, first) if index == 0 else ""
            yield column(label, first, "string" if number else "dim"), (_GAP, ""), (line, "" if number else "dim")


def _sanitized(text: str) -> str:
    return "\n".join(sanitize(line, 500).rstrip() for line in text.splitlines()[:400])
