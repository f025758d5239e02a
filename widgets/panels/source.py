"""Python source in colours, with the line at which each process waits or was last seen."""

from __future__ import annotations

import ast
import os
import warnings
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from pygments.lexers.python import PythonLexer  # pyright: ignore[reportMissingTypeStubs]
from pygments.token import Comment, Keyword, Name, Number, Operator, String
from rockproc.observer.model import Process, Site, State
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.source.parsing import parse

from ..bases.rows import Row, length
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import EMPTY_VIEW, STATE_GLYPHS, View
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten, width
from .source_notes import joined, least_cells, notes

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

_MARK_CELLS = 3
"""The number of cells for the glyph of a state in the margin."""
_OTHERS_CELLS = 2
"""The number of cells for the number of other processes at the line: `+1`."""
_MAX_MARGIN_CELLS = 14
_MIN_CODE_CELLS = 20
_CONTINUED_CELLS = 4
"""The number of cells by which a row that continues a line is indented further."""
_SIGN = "◂ "
"""The beginning of a note."""


class Source(SearchablePanel):
    HELP = (
        "The source of the program. Names of processes are at the left: ◌ waits at the line, ● was last seen there.\n"
        "After ◂ are the objects that the line has made, with their present state."
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
        self._begins: list[float] = []
        """The number of the line of each row; half a number more for a row that continues a line."""
        self._widest_name = 0
        """The most cells of a process's name so far: the margin must not change its width back and forth."""

    def has_content(self, view: View) -> bool:  # noqa: ARG002
        return bool(self._lines)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return max(len(self._lines), len(self._rows))

    def load(self, source: str, path: str = "") -> None:
        """Show another file, scrolled to its first line of code below the docstring."""
        self._lines, self._path = list(colour(source)), path
        self.set_rows(self.rows(self.view))
        self._start = first_line_of_code(source)
        self._scroll_to_start()

    def resized(self) -> None:
        if self.view is EMPTY_VIEW:  # on the page of a scenario there is no run, and nothing else formats the rows
            self.set_rows(self.rows(self.view))
        super().resized()
        self._scroll_to_start()

    def _scroll_to_start(self) -> None:
        """Scroll to the first line of code once the size is known, until the user moves the cursor."""
        if self._start is not None and self.columns and self._lines:
            place = self._place(self._start + 1)
            self.cursor = place
            self.scroll_to(y=place, animate=False, force=True)

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
        """Scroll to the line of a process, if it is out of sight; to that of main while the process is at no line."""
        line = self._line_of(process) or self._line_of(self.view.snapshot.main)
        if line is None or not self.display:
            return
        first, height = self.scroll_offset.y, self.list_height
        if height > 0 and not first <= self._place(line.line) < first + height:
            self.look_at(line.line)

    def _line_of(self, process: Process | None) -> Site | None:
        """Return where a living process is in this file."""
        line = process.line if process is not None and process.state.alive else None
        return line if line is not None and self.shows(line) else None

    def look_at(self, line: int) -> None:
        """Scroll a line into the middle."""
        self._start = None
        place = self._place(line)
        self.cursor = place
        self.scroll_to(y=max(place - self.scrollable_content_region.height // 2, 0), animate=False, force=True)

    def _place(self, line: int) -> int:
        """Return the index of the row at which a line begins: a long line takes several rows."""
        return bisect_left(self._begins, line) if line <= len(self._lines) else max(line - 1, 0)

    def rows(self, view: View) -> list[Row]:
        file = sanitize(Path(self._path).name, 40)
        signs = "◌ waits here   ● was last here" if file else ""
        self.headline(f"{self.title}  {file}" if file else self.title, explains=signs)
        places = self._places(view) if self._path else {}
        notes_by_line = notes(view, self.shows) if self._path else {}
        margin = self._margin_cells(view)
        digits = len(str(len(self._lines)))
        room = max(self.columns - margin - digits - 2, _MIN_CODE_CELLS)
        rows: list[Row] = []
        self._begins = []
        for number, cells in enumerate(self._lines, 1):
            head: list[tuple[str, str]] = []
            if margin:
                head = _margin(places.get(number, []), view, margin)
            lines = _wrapped(cells, room)
            if number in notes_by_line:
                lines = _noted(lines, notes_by_line[number], room)
            for index, line in enumerate(lines):
                if index == 0:
                    rows.append(Row(number, (*head, (f"{number:>{digits}}  ", "dim"), *line)))
                else:
                    rows.append(Row((number, index), ((" " * (margin + digits + 2), ""), *line), False))
                self._begins.append(number + bool(index) * 0.5)
        return rows

    def _margin_cells(self, view: View) -> int:
        """Return the width of the margin in which the names of processes stand; 0 once none of them lives."""
        if not self._path or (not view.live and not any(process.state.alive for process in view.snapshot.processes)):
            return 0
        names = (
            width(sanitize(process.name)) for process in view.snapshot.processes if process.state is not State.CREATED
        )
        others = _OTHERS_CELLS if len(view.snapshot.processes) > 1 else 0
        wanted = min(max(names, default=0) + others, _MAX_MARGIN_CELLS - _MARK_CELLS)
        self._widest_name = max(wanted, self._widest_name)
        return self._widest_name + _MARK_CELLS

    def _places(self, view: View) -> dict[int, list[ProcessKey]]:
        places: dict[int, list[ProcessKey]] = {}
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


def _margin(keys: list[ProcessKey], view: View, cells: int) -> list[tuple[str, str]]:
    if not keys:
        return [(" " * cells, "")]
    process = view.processes[keys[0]]
    gone_on = process.state is State.WAITING and process.main_wait is None
    glyph, role = STATE_GLYPHS[State.RUNNING if gone_on else process.state]
    more = f"+{len(keys) - 1}" if len(keys) > 1 else ""
    room = cells - _MARK_CELLS
    name = shorten(sanitize(process.name), max(room - len(more), 1))
    return [(f"{fit(name + more, room, '>')}", view.roles[process.key]), (f" {glyph} ", role)]


def _wrapped(code: Cells, room: int) -> list[Cells]:
    """Return a line of code in as many rows as it needs; those after the first are indented further than the line."""
    if length(code) <= room:
        return [code]
    text = "".join(part for part, _ in code)
    indent = min(len(text) - len(text.lstrip()) + _CONTINUED_CELLS, room // 2)
    letters = [(letter, role) for part, role in code for letter in part]
    rows: list[Cells] = []
    first = 0
    while first < len(letters):
        left = room if not rows else room - indent
        end = first
        while end < len(letters) and left >= width(letters[end][0]):
            left -= width(letters[end][0])
            end += 1
        if end < len(letters):  # a word goes to the next row as a whole
            space = next((place for place in range(end, first, -1) if letters[place - 1][0] == " "), first)
            blank = all(letter == " " for letter, _ in letters[first:space])
            end = end if blank else space
        row = [("".join(text for text, _ in group), role) for role, group in _by_role(letters[first:end])]
        rows.append(tuple(row) if not rows else ((" " * indent, ""), *row))
        first = max(end, first + 1)
    return rows


def _by_role(letters: list[tuple[str, str]]) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    return groupby(letters, key=itemgetter(1))


def _noted(lines: list[Cells], made: list[str], room: int) -> list[Cells]:
    """Return the rows of a line with its note behind it, or below it if the code leaves no room for a note."""
    last = length(lines[-1])
    if last > room * 0.6 or room - last - 3 < width(_SIGN) + least_cells(made):
        return [*lines, ((" " * _CONTINUED_CELLS, ""), _note(made, room - _CONTINUED_CELLS))]
    return [*lines[:-1], (*lines[-1], ("   ", ""), _note(made, room - last - 3))]


def _note(made: list[str], room: int) -> tuple[str, str]:
    """Return what a line has made."""
    return _SIGN + joined(made, max(room - width(_SIGN), 1)), "accent"


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
