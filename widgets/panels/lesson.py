"""The description of the scenario that runs: what it shows, and why."""

from __future__ import annotations

import re

from ..bases.rows import Row
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import View
from ..formatting.sanitize import sanitize, wrap

_MARKS = re.compile(r"\*\*|``|`|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)")


class Lesson(SearchablePanel):
    HELP = "The description of the scenario: what it shows, and why."
    BINDING_GROUP_TITLE = "Lesson"
    EMPTY = "This program has no description. A scenario has one in its docstring."
    NAME = "lesson"
    TITLE = "Lesson"
    DRAWER = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._paragraphs: list[str] = []

    def load(self, text: str) -> None:
        """Shows a description, which is Markdown."""
        self._paragraphs = _paragraphs(text)
        self.set_rows(self.rows(self.view))

    def has_content(self, view: View) -> bool:  # noqa: ARG002
        return bool(self._paragraphs)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(self._formatted(columns))

    def reset(self) -> None:
        """The description stays: the next run is of the same scenario."""

    def rows(self, view: View) -> list[Row]:  # noqa: ARG002
        return self._formatted(self.columns)

    def resized(self) -> None:
        self.set_rows(self.rows(self.view))

    def _formatted(self, columns: int) -> list[Row]:
        rows: list[Row] = []
        for number, paragraph in enumerate(self._paragraphs):
            if rows:
                rows.append(Row((number, "gap"), (), False))
            code = paragraph.startswith("    ")
            lines = paragraph.splitlines() if code else wrap(paragraph, max(columns - 1, 10))
            rows += [Row((number, index), ((line, "string" if code else ""),)) for index, line in enumerate(lines)]
        return rows

    def copied(self) -> str:
        return "\n\n".join(self._paragraphs)


def _paragraphs(text: str) -> list[str]:
    """Returns the paragraphs of a Markdown text; an item of a list is one, and code keeps its lines."""
    paragraphs: list[str] = []
    for block in _sanitized(text).split("\n\n"):
        if not block.strip():
            continue
        if all(line.startswith("    ") for line in block.splitlines() if line):
            paragraphs.append(block)
            continue
        current: list[str] = []
        for line in block.splitlines():
            item = re.match(r"\s*(?:[-*]|\d+\.)\s", line)
            if item and current:
                paragraphs.append(" ".join(current))
                current = []
            plain = _MARKS.sub("", line.strip().lstrip("#").strip())
            current.append(re.sub(r"^[-*]\s", "• ", plain) if item else plain)
        paragraphs.append(" ".join(current))
    return paragraphs


def _sanitized(text: str) -> str:
    return "\n".join(sanitize(line, 500).rstrip() for line in text.splitlines()[:400])
