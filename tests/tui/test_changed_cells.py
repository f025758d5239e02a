"""The written sequences draw the same screen as Textual's own sequences, with fewer bytes."""

from __future__ import annotations

import random

import pyte
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rockproc.tui.runtime.changed_cells import DrawnCells
from textual.strip import Strip

WIDTH, HEIGHT = 40, 8
STYLES = [
    Style(),
    Style(color="#d8dee9", bgcolor="#10141b"),
    Style(color="#82a0a3", bgcolor="#10141b"),
    Style(color="#d8dee9", bgcolor="#1d2430", bold=True),
    Style(color="red", underline=True),
    Style(color="#d8dee9", bgcolor="#1d2430", bold=True, dim=True),
    Style(color="red", bold=True, strike=True),
    Style(color="#82a0a3", bgcolor="#10141b", bold=True, underline2=True),
    Style(reverse=True),
    Style(bgcolor="#293f5f"),
]
TEXTS = ["  ", "a", "worker-1 ", "0.1s", "━━╸", "漢字", "e\u0301", "12  ", " " * 9]


def plain(pieces: list[tuple[int, int, Strip]], console: Console) -> str:
    return "".join(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in pieces)


def a_strip(rng: random.Random, width: int) -> Strip:
    segments = [Segment(rng.choice(TEXTS), rng.choice(STYLES)) for _ in range(12)]
    return Strip(segments).adjust_cell_length(width, STYLES[1])


def shown(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """Return the appearance of each cell: the colour of a blank and its bold type cannot be seen."""
    return [
        [
            (cell.data, cell.bg, cell.underscore, cell.reverse, (cell.fg, cell.bold) if cell.data != " " else "")
            for cell in (screen.buffer[row][column] for column in range(WIDTH))
        ]
        for row in range(HEIGHT)
    ]


def test_changed_cells_draw_the_same_screen_with_fewer_bytes() -> None:
    rng = random.Random(7)
    console = Console(width=WIDTH, height=HEIGHT, force_terminal=True, color_system="truecolor")
    drawn = DrawnCells()
    screens = [pyte.Screen(WIDTH, HEIGHT) for _ in range(2)]
    streams = [pyte.Stream(screen) for screen in screens]
    whole = [(0, y, a_strip(rng, WIDTH)) for y in range(HEIGHT)]
    written = [0, 0]
    for number in range(300):
        if number:
            x, y = rng.choice((0, 0, 7, 20)), rng.randrange(HEIGHT)
            old = whole[y][2]
            width = rng.choice((1, 6, WIDTH - x))
            width = min(width, WIDTH - x)
            new = old.crop(x, x + width) if rng.random() < 0.5 else a_strip(rng, width)
            pieces = [(x, y, new)]
            whole[y] = (0, y, Strip.join([old.crop(0, x), new, old.crop(x + width)]))
        else:
            pieces = whole
        sequences = plain(pieces, console), drawn.changes(console, pieces)
        for index, sequence in enumerate(sequences):
            streams[index].feed(sequence)
            written[index] += len(sequence)
        assert shown(screens[1]) == shown(screens[0]), number
    assert drawn.changes(console, whole) == "" or shown(screens[0]) == shown(screens[1])
    assert written[1] < written[0] / 1.5


def test_all_cells_are_written_after_foreign_output() -> None:
    console = Console(width=WIDTH, height=HEIGHT, force_terminal=True, color_system="truecolor")
    drawn = DrawnCells()
    pieces = [(0, 0, Strip([Segment("hello", STYLES[1])]))]
    first = drawn.changes(console, pieces)
    assert "hello" in first
    assert drawn.changes(console, pieces) == ""
    drawn.forget()
    assert drawn.changes(console, pieces) == first
