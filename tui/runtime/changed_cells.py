"""Writes to the terminal only the cells that have changed since the last frame, and only what differs in their style.

Textual writes every strip of a widget that was refreshed, each with its whole style (textual 8.2.8, `ChopsUpdate` and
`LayoutUpdate`). Over ssh that is several times more than what there is to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, cast

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

SHORT_GAP = 8
"""The largest number of unchanged cells that are written again, since skipping them takes as many bytes."""


class Pen(NamedTuple):
    """The style of cells: the parameters of SGR, separated into those that can be changed by themselves."""

    attributes: str
    foreground: str
    background: str


Cell = tuple[str, Pen]
"""The text in a cell. The second cell of a wide character has none."""
PLAIN = Pen("", "39", "49")
UNKNOWN: Cell = ("?unknown", PLAIN)
"""A cell that differs from every cell that can be drawn."""
HALF = ""
ANY = "any"
"""The foreground of a blank: it may have any colour."""
UNSEEN = ("", "1", "2", "3")
"""The attributes that do not change a blank: bold, dim and italic."""
ENDS = {"": "", "1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
"""The parameters of SGR that end an attribute."""


class Run(NamedTuple):
    """Cells beside each other that are drawn."""

    row: int
    column: int
    cells: list[Cell]


class DrawnCells:
    """The cells that the terminal shows."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._rows: list[list[Cell]] = []

    def forget(self) -> None:
        """Forget the cells, since something else has written to the terminal."""
        self._size = (0, 0)

    def changes(self, console: Console, pieces: Iterable[tuple[int, int, Strip]]) -> str:
        """Return the sequences that draw pieces, each from a column and row on, and take note of them."""
        size = console.size
        if (size.width, size.height) != self._size:
            self._size = size.width, size.height
            self._rows = [[UNKNOWN] * size.width for _ in range(size.height)]
        colors = console._color_system or ColorSystem.TRUECOLOR  # pyright: ignore[reportPrivateUsage]
        runs: list[Run] = []
        for x, y, strip in pieces:
            if 0 <= y < len(self._rows):
                runs += self._update(self._rows[y], x, y, _cells(strip, colors))
        runs.sort(key=_first_pen)  # to change a colour takes more bytes than to go to another row
        return _drawn(runs, size.width)

    def _update(self, row: list[Cell], x: int, y: int, cells: list[Cell]) -> Iterator[Run]:
        """Put cells into a row, and yield those of them that differ."""
        cells = cells[max(-x, 0) : len(row) - x]
        x = max(x, 0)
        before = row[x : x + len(cells)]
        if cells != before:
            row[x : x + len(cells)] = cells
            for begin, end in _runs(before, cells):
                yield Run(y, x + begin, cells[begin:end])


def _first_pen(run: Run) -> tuple[str, ...]:
    """Return the style of the first cell with a colour, with the parts first that take more bytes to change."""
    pen = next((pen for _, pen in run.cells if pen.foreground != ANY), run.cells[0][1])
    return pen[::-1]


def _drawn(runs: Iterable[Run], width: int) -> str:
    """Return the sequences that draw cells on a screen of that width."""
    out: list[str] = []
    pen: Pen | None = None
    place = (-1, -1)
    for row, column, cells in runs:
        if place != (row, column):
            out.append(f"\x1b[{column + 1}G" if place[0] == row else f"\x1b[{row + 1};{column + 1}H")
        for text, wanted in cells:
            if wanted.foreground == ANY:
                wanted = _blank(pen or PLAIN, wanted.background)
            if wanted != pen:
                out.append(_between(pen, wanted))
                pen = wanted
            out.append(text)
        end = column + len(cells)
        place = (row, end) if end < width else (-1, -1)  # behind the last column
    if pen is not None:
        out.append("\x1b[0m")
    return "".join(out)


def _blank(pen: Pen, background: str) -> Pen:
    """Return a style for a blank that differs as little as possible from the present one."""
    return Pen(pen.attributes if _is_unseen(pen.attributes) else "", pen.foreground, background)


def _is_unseen(attributes: str) -> bool:
    """Return True if a blank with these attributes looks like one without."""
    return all(code in UNSEEN for code in attributes.split(";"))


def _runs(before: list[Cell], after: list[Cell]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of cells that must be written, as begin and end."""
    begin = end = -1
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        if begin >= 0 and index - end <= SHORT_GAP:
            end = index + 1
            continue
        if begin >= 0:
            yield _whole(after, begin, end)
        begin, end = index, index + 1
    if begin >= 0:
        yield _whole(after, begin, end)


def _whole(cells: list[Cell], begin: int, end: int) -> tuple[int, int]:
    """Extend a stretch so that it cuts no wide character."""
    while begin > 0 and cells[begin][0] == HALF:
        begin -= 1
    while end < len(cells) and cells[end][0] == HALF:
        end += 1
    return begin, end


def _cells(strip: Strip, colors: ColorSystem) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        pen = _pen(style, colors) if style is not None else PLAIN
        blank = Pen("", ANY, pen.background) if _is_unseen(pen.attributes) else pen
        if text.isspace():
            cells.extend([(" ", blank)] * len(text))
            continue
        if text.isascii():
            cells.extend([(character, pen if character != " " else blank) for character in text])
            continue
        for character in text:
            if character == " ":
                cells.append((character, blank))
                continue
            width = get_character_cell_size(character)
            if width:
                cells.append((character, pen))
                cells.extend([(HALF, pen)] * (width - 1))
            elif cells:
                last = -2 if cells[-1][0] == HALF and len(cells) > 1 else -1
                cells[last] = (cells[last][0] + character, cells[last][1])
    return cells


@lru_cache(maxsize=4096)
def _pen(style: Style, colors: ColorSystem) -> Pen:
    attributes = Strip.render_ansi(style.without_color, colors)
    foreground, background = (
        "" if color is None else ";".join(color.downgrade(colors).get_ansi_codes(foreground))
        for color, foreground in ((style.color, True), (style.bgcolor, False))
    )
    return Pen(attributes, foreground or PLAIN.foreground, background or PLAIN.background)


def _between(old: Pen | None, new: Pen) -> str:
    """Return the sequence that changes one pen into another one, whose foreground is not `ANY`."""
    attributes = None if old is None else _attribute_changes(old.attributes, new.attributes)
    if old is None or attributes is None:
        codes = ["0", new.attributes, *(code for code in new[1:] if code not in PLAIN)]
    else:
        codes = [*attributes, *(code for code, known in zip(new[1:], old[1:], strict=True) if code != known)]
    return f"\x1b[{';'.join(filter(None, codes))}m"


def _attribute_changes(old: str, new: str) -> list[str] | None:
    """Return the parameters that change attributes; None if one of them can only be ended with all others."""
    if old == new:
        return []
    before, after = old.split(";"), new.split(";")
    if any(code not in ENDS for code in before):
        return None
    ends = {ENDS[code] for code in before if code not in after}
    return [*sorted(ends), *(code for code in after if code not in before or ENDS.get(code) in ends)]


class ChangesOf(CompositorUpdate):
    """An update of Textual, written as the cells that it changes."""

    def __init__(self, update: ChopsUpdate | LayoutUpdate, drawn: DrawnCells) -> None:
        self._update = update
        self._drawn = drawn

    def render_segments(self, console: Console) -> str:
        """Return the sequences for the terminal."""
        pieces = _of_layout(self._update) if isinstance(self._update, LayoutUpdate) else _of_chops(self._update)
        return self._drawn.changes(console, pieces)


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def _of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, begin, end in update.spans:
        for stop, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= end and stop > begin:
                yield x, y, strip if strip.cell_length <= stop - x else strip.crop(0, stop - x)


class FrugalApp(App[None]):
    """An app that writes to its terminal what has changed."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn = DrawnCells()

    def on_load(self) -> None:
        self.app_resume_signal.subscribe(self, self._resumed)  # pyright: ignore[reportUnknownMemberType]

    def on_resize(self) -> None:
        """Redraw everything: a terminal may move or lose what it shows when its size changes."""
        self._drawn.forget()

    def _resumed(self, _: App[object]) -> None:
        self._drawn.forget()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, (ChopsUpdate, LayoutUpdate)):
            renderable = cast("RenderableType", ChangesOf(renderable, self._drawn))
        super()._display(screen, renderable)  # pyright: ignore[reportUnknownMemberType]
