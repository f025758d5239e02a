"""The most important finding as a sentence across the screen, with the key that explains it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rockproc.observer.model import Finding
from textual import events
from textual.message import Message
from textual.strip import Strip

from ..bases.bar import Bar
from ..bases.rows import length
from ..bases.view import SEVERITY_GLYPHS, View
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, wrap
from .findings import in_order

_MAX_LINES = 2


class FindingBar(Bar):
    """It takes no line while there is no finding, one for a short sentence and two for a long one."""

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
        lines = () if view is None or not found else _lines(found, view, self.size.width or self.screen.size.width)
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


def _lines(found: list[Finding], view: View, columns: int) -> tuple[Cells, ...]:
    finding = found[0]
    glyph, role = SEVERITY_GLYPHS[finding.severity]
    more = f"{len(found) - 1} more · " if len(found) > 1 else ""
    tail: Cells = (("  ", ""), (more, "dim"), (view.key("findings"), "key"), (" why ", "dim"))
    site = str(finding.site) if finding.site is not None else ""
    where = f"  {site}" if site and site not in finding.message else ""
    texts = wrap(sanitize(finding.message + where, 1_000), max(columns - 4 - length(tail), 10))
    if len(texts) > _MAX_LINES:
        texts = [*texts[: _MAX_LINES - 1], " ".join(texts[_MAX_LINES - 1 :])]
    room = columns - 4 - length(tail)
    lines: list[Cells] = []
    for index, text in enumerate(texts):
        head = (f" {glyph} ", role) if index == 0 else ("   ", "")
        lines.append((head, (fit(text, room), role), *(tail if index == 0 else ())))
    return tuple(lines)
