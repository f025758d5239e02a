"""Python source in colours, with the line at which each process waits or was last seen."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pygments.lexers.python import PythonLexer  # pyright: ignore[reportMissingTypeStubs]
from pygments.token import Comment, Keyword, Name, Number, Operator, String
from rockproc.observer.model import Process, Site, State
from rockproc.observer.source.parsing import parse

from ..bases.rows import Row, length
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import STATE_GLYPHS, View
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, width
from .source_notes import notes

_ROLES = (
    (Comment, "comment"),
    (String, "string"),
    (Number, "number"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
    (Name.Function, "define"),
    (Name.Class, "define"),
    (Name.Decorator, "define"),
    (Name.Builtin, "accent"),
)


class Source(SearchablePanel):
    HELP = (
        "The scenario's code. At the left each process: ◌ waits at the line, ● was last seen there and has gone on.\n"
        "Behind ◂ what a line has made, and how that is now."
    )
    BINDING_GROUP_TITLE = "Source"
    EMPTY = "There is no source to show."
    NAME = "source"
    TITLE = "Source"
    DRAWER = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Cells] = []
        self._path = ""
        self._start: int | None = None

    def has_content(self, view: View) -> bool:  # noqa: ARG002
        return bool(self._lines)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(self._lines)

    def load(self, source: str, path: str = "") -> None:
        """Shows another file, scrolled to its first line of code below the docstring."""
        self._lines, self._path = list(colour(source)), path
        self.set_rows(self.rows(self.view))
        self._start = first_line_of_code(source)
        self._scroll_to_start()

    def resized(self) -> None:
        super().resized()
        self._scroll_to_start()

    def _scroll_to_start(self) -> None:
        """Scrolls to the first line of code once the size is known, until the user moves the cursor."""
        if self._start is not None and self.columns and self._lines:
            self.cursor = self._start
            self.scroll_to(y=self._start, animate=False, force=True)

    def move(self, steps: int) -> None:
        self._start = None
        super().move(steps)

    def shows(self, site: Site) -> bool:
        """Return True if a site is in this file."""
        return bool(self._path) and _real(site.path) == _real(self._path)

    def opened(self, process: Process | None) -> None:
        line = process.line if process is not None else None
        if line is not None and self.shows(line):
            self.call_after_refresh(self.look_at, line.line)

    def follow(self, process: Process | None) -> None:
        """Scrolls to the line of a process, if it is out of sight."""
        line = process.line if process is not None else None
        if line is None or not self.display or not self.shows(line):
            return
        first, height = self.scroll_offset.y, self.list_height
        if height > 0 and not first <= line.line - 1 < first + height:
            self.look_at(line.line)

    def look_at(self, line: int) -> None:
        """Scrolls a line into the middle."""
        self._start = None
        self.cursor = line - 1
        self.scroll_to(y=max(line - 1 - self.scrollable_content_region.height // 2, 0), animate=False, force=True)

    def rows(self, view: View) -> list[Row]:
        places = self._places(view) if self._path else {}
        notes_by_line = notes(view, self.shows) if self._path else {}
        margin = 14 if self._path else 0
        digits = len(str(len(self._lines)))
        rows: list[Row] = []
        for number, cells in enumerate(self._lines, 1):
            head: list[tuple[str, str]] = []
            if margin:
                head = _margin(places.get(number, []), view, margin)
            if number in notes_by_line:
                cells = _noted(cells, notes_by_line[number], self.columns - margin - digits - 2)
            rows.append(Row(number, (*head, (f"{number:>{digits}}  ", "dim"), *cells)))
        return rows

    def _places(self, view: View) -> dict[int, list[int]]:
        places: dict[int, list[int]] = {}
        for process in view.snapshot.processes:
            line = process.line
            if process.state.alive and line is not None and self.shows(line):
                places.setdefault(line.line, []).append(process.key)
        return places

    def copied(self) -> str:
        return "\n".join("".join(text for text, _ in cells) for cells in self._lines)


@lru_cache(maxsize=64)
def _real(path: str) -> str:
    return os.path.realpath(path)


def first_line_of_code(source: str) -> int:
    """Return the index of the first line of code after comments and docstring."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    docstring = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    rest = body[1:] if docstring else body
    return rest[0].lineno - 1 if rest else 0


def _margin(keys: list[int], view: View, cells: int) -> list[tuple[str, str]]:
    if not keys:
        return [(" " * cells, "")]
    process = view.processes[keys[0]]
    gone_on = process.state is State.WAITING and process.main_wait is None
    glyph, role = STATE_GLYPHS[State.RUNNING if gone_on else process.state]
    more = f"+{len(keys) - 1}" if len(keys) > 1 else ""
    name = sanitize(process.name, cells - 4 - len(more))[: cells - 3 - len(more)]
    return [(f"{name + more:>{cells - 3}}", view.roles[process.key]), (f" {glyph} ", role)]


def _noted(code: Cells, note: str, columns: int) -> Cells:
    """Return a line with its note. If there is no room for both, the code is cut."""
    text = f" ◂ {note}"
    room = max(columns - width(text), columns // 3)
    if length(code) + 2 <= room:
        return (*code, (f"  {text}", "accent"))
    shown: list[tuple[str, str]] = []
    for part, role in code:
        if room <= width(part):
            shown.append((fit(part, room), role))
            break
        shown.append((part, role))
        room -= width(part)
    return (*shown, (text, "accent"))


def colour(source: str) -> Iterator[Cells]:
    """Yield the lines of a source as cells."""
    line: list[tuple[str, str]] = []
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source):
        role = _role(kind)
        first, *others = text.split("\n")
        if first:
            line.append((sanitize(first), role))
        for other in others:
            yield tuple(line)
            line = [(sanitize(other), role)] if other else []
    if line:
        yield tuple(line)


@lru_cache(maxsize=512)
def python_cells(text: str) -> Cells:
    """Return a line of Python in colours."""
    return next(colour(text), ())


@lru_cache(maxsize=256)
def _role(kind: Any) -> str:
    return next((role for token, role in _ROLES if kind in token), "")
