"""The most important finding as a sentence across the screen, with the key that explains it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rich.segment import Segment
from rockproc.observer.model import Finding
from textual import events
from textual.message import Message
from textual.strip import Strip

from ..bases.bar import Bar
from ..bases.rows import length
from ..bases.view import SEVERITY_GLYPHS, View
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, width, wrap
from .findings import in_order

_ROWS_OF_SCREEN_PER_LINE = 4
"""The number of rows of the screen for each line of the bar: panels need the other rows."""
_MIN_LINES = 2
"""The largest number of lines of a sentence in the smallest terminal."""
_INDENT = "  "
"""The indent of the lines of an advice that follow the first one."""
_ROWS_PER_LINE_WITH_ADVICE = 8
"""The rows of the screen for each line where the advice has lines of its own."""
_ROWS_WITH_ADVICE = 30
"""The height of the screen from which the advice may have a line of its own."""
_HEAD_CELLS = 3
"""The cells of the glyph before the sentence, and of the indent of its other lines."""
_MIN_TEXT_CELLS = 10


class FindingBar(Bar):
    """A bar that has no line without a finding, and otherwise as many lines as its sentence needs and may have."""

    DEFAULT_CSS = """
    FindingBar { height: auto; background: $background; }
    """

    @dataclass
    class Chosen(Message):
        """The bar was clicked."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Cells, ...] = ()
        self._view: View | None = None
        self.display = False

    def show(self, view: View) -> None:
        self._view = view
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        view = self._view
        found = [] if view is None else [finding for finding in in_order(view.snapshot.findings) if _is_shown(finding)]
        screen = self.screen.size
        lines = (
            ()
            if view is None or not found
            else finding_lines(found, view, self.size.width or screen.width, screen.height)
        )
        if lines != self._lines:
            self._lines = lines
            self.display = bool(lines)
            self.styles.height = len(lines)
            self.refresh()

    @property
    def text(self) -> str:
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def render_line(self, y: int) -> Strip:
        base, columns = self.rich_style, self.size.width
        segments: list[Segment] = self._segments(self._lines[y]) if y < len(self._lines) else []
        return Strip(segments).adjust_cell_length(columns, base)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Chosen())


def _is_shown(finding: Finding) -> bool:
    return finding.active and finding.severity != "info"


def finding_lines(found: list[Finding], view: View, columns: int, height: int) -> tuple[Cells, ...]:
    """Return the lines of the worst finding: its sentence with the key that explains it, and the advice."""
    finding = found[0]
    glyph, role = SEVERITY_GLYPHS[finding.severity]
    sentence, room = _sentence(finding, view), columns - _HEAD_CELLS - 1
    most = max(height // _ROWS_OF_SCREEN_PER_LINE, _MIN_LINES)
    tail = _tail(len(found) - 1, "why", view)
    texts = _wrapped(sentence, room - length(tail), room)
    if len(texts) > most:
        tail = _tail(len(found) - 1, "the whole text", view)
        texts = _cut(_wrapped(sentence, room - length(tail), room), most, room)
    first = max(room - length(tail), _MIN_TEXT_CELLS)
    lines: list[Cells] = [
        ((f" {glyph} ", role), (fit(texts[0], first), role), *tail),
        *(((" " * _HEAD_CELLS, ""), (text, role)) for text in texts[1:]),
    ]
    advice = sanitize(f"▸ {finding.advice}", 400) if finding.advice else ""
    if advice and len(texts) > 1 and width(f"{texts[-1]}  {advice}") <= room:
        lines[-1] = (*lines[-1], ("  ", ""), (advice, "good"))
    elif advice and height >= _ROWS_WITH_ADVICE:
        left = height // _ROWS_PER_LINE_WITH_ADVICE - len(lines)
        lines += (((" " * _HEAD_CELLS, ""), (text, "good")) for text in _advice(advice, left, room))
    return tuple(lines)


def _advice(advice: str, most: int, room: int) -> list[str]:
    """Return an advice in lines, of which all but the first one are indented."""
    if most < 1:
        return []
    first, *others = wrap(advice, max(room - width(_INDENT), _MIN_TEXT_CELLS))
    return _cut([first, *(_INDENT + text for text in others)], most, room)


def _cut(texts: list[str], most: int, room: int) -> list[str]:
    """Return lines, of which the last one ends in an ellipsis if there are too many."""
    if len(texts) <= most:
        return texts
    return [*texts[: most - 1], fit(" ".join(texts[most - 1 :]), max(room, _MIN_TEXT_CELLS))]


def _tail(others: int, what: str, view: View) -> Cells:
    """Return the number of other findings, and the key of the list with what it shows of this one."""
    more = f"{others} more · " if others else ""
    return (("  ", ""), (more, "dim"), (view.key("findings"), "key"), (f" {what} ", "dim"))


def _sentence(finding: Finding, view: View) -> str:
    """Return the sentence of a finding and its site. A file is named only where the processes are in several."""
    site = str(finding.site) if finding.site is not None else ""
    text = f"{finding.message}  {site}" if site and site not in finding.message else finding.message
    if view.only_file is not None:
        text = re.sub(rf"(?<![\w.]){re.escape(Path(view.only_file).name)}(?=:\d)", "", text)
    return sanitize(text, 1_000)


def _wrapped(text: str, first: int, room: int) -> list[str]:
    """Return a text in lines of `room` cells, of which the first one has only `first` cells."""
    begin = wrap(text, max(first, _MIN_TEXT_CELLS))[0]
    rest = text[len(begin) :].lstrip()
    return [begin, *(wrap(rest, max(room, _MIN_TEXT_CELLS)) if rest else ())]
