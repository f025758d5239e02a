"""Many numbers as a picture: two of them in a cell, one above the other, or bars side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from .cells import Cells

_ANCHORS = ((11, 8, 32), (67, 24, 107), (143, 41, 104), (208, 72, 72), (246, 132, 40), (250, 201, 76), (252, 252, 205))
"""The colours from the least to the greatest number, at even distances, each lighter than the one before."""
LEVELS = 32
SHADES = " ░▒▓█"
"""The same levels as characters, for terminals with few colours."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_MAX_DOT_CELLS = 8
"""The largest width of one number, in dots."""
_MAX_ASPECT_RATIO = 4
"""The largest ratio of the sides of a picture whose shape is guessed."""
_MAX_COMPARED_NUMBERS = 400
"""The numbers that are compared to guess a shape, and the largest relative difference that confirms it."""
_MAX_UNLIKENESS = 0.8
_MIN_DOTS = 8
"""A picture of fewer dots is not made thinner."""


@lru_cache(maxsize=1)
def palette() -> tuple[str, ...]:
    """Return the colour of each level."""
    colours: list[str] = []
    for level in range(LEVELS):
        place = level / (LEVELS - 1) * (len(_ANCHORS) - 1)
        below = min(int(place), len(_ANCHORS) - 2)
        mixed = (
            round(low + (high - low) * (place - below))
            for low, high in zip(_ANCHORS[below], _ANCHORS[below + 1], strict=True)
        )
        colours.append("#" + "".join(f"{part:02x}" for part in mixed))
    return tuple(colours)


def guess(items: Sequence[float], width: int | None, columns: int) -> int:
    """Guess how many numbers make a row, where the program does not say.

    A few numbers make one row. With many, each number is usually more like the one below it than like those beside
    that one, if the length of a row is right. Where no length stands out in this way, the rows make about a square.
    """
    count = len(items)
    if width or count <= columns:
        return width or count
    fits = [
        width
        for width in widths(count)
        if count <= width * width * _MAX_ASPECT_RATIO**2 and width * width <= count * _MAX_ASPECT_RATIO**2
    ]
    unlike = {width: _unlike(items, width) for width in fits}
    least = min(unlike.values(), default=1.0)
    if least > _MAX_UNLIKENESS:
        return next(width for width in widths(count) if width * width >= count)
    # A multiple of the right width is as likely, and often a little more likely: take the smallest.
    return next(width for width in fits if unlike[width] <= min(2 * least, _MAX_UNLIKENESS))


def _unlike(items: Sequence[float], width: int) -> float:
    """Return the difference between neighbouring rows of that length, relative to their difference when shifted."""
    shift = max(width // 16, 2)
    last = len(items) - width - shift
    if last < 1 or shift >= width:
        return 1.0
    # A step that has no factor in common with the width, so as not to look down one column.
    step = max(last // _MAX_COMPARED_NUMBERS, 1)
    while math.gcd(step, width) > 1:
        step += 1
    below = left = right = 0.0
    for place in range(0, last, step):
        number = items[place]
        below += abs(number - items[place + width])
        left += abs(number - items[place + width - shift])
        right += abs(number - items[place + width + shift])
    aside = min(left, right)
    return below / aside if aside > 0 and math.isfinite(below) else 1.0


def widths(count: int) -> list[int]:
    """Return the row lengths that divide a number of values evenly."""
    small = [divisor for divisor in range(1, math.isqrt(max(count, 1)) + 1) if count % divisor == 0]
    return sorted({*small, *(count // divisor for divisor in small)})


def heat(items: Sequence[float], width: int, columns: int, lines: int, *, coloured: bool) -> list[Cells]:
    """Draw rows of `width` numbers in a number of cells, as large as fits; a part is left out if it does not fit."""
    height = -(-len(items) // width)
    if coloured:
        across, down = _size(width, height, columns, 2 * lines)
    else:
        across, down = _size(width, height, columns // 2, lines)
    if not across or not down:
        return []
    columns_of = [min(int((x + 0.5) * width / across), width - 1) for x in range(across)]
    rows = [min(int((y + 0.5) * height / down), height - 1) * width for y in range(down)]
    dots = [[items[start + x] if start + x < len(items) else math.nan for x in columns_of] for start in rows]
    level = scale([number for row in dots for number in row], LEVELS if coloured else len(SHADES))
    levels = [[level(number) for number in row] for row in dots]
    if not coloured:
        return [(("".join(SHADES[cell] * 2 for cell in row), ""),) for row in levels]
    pairs = [(levels[y], levels[y + 1] if y + 1 < down else None) for y in range(0, down, 2)]
    return [tuple(_half_blocks(top, bottom)) for top, bottom in pairs]


def _size(width: int, height: int, across: int, down: int) -> tuple[int, int]:
    """Return the largest size in dots that fits and has the shape of the numbers, unless it would be too thin."""
    factor = min(across / width, down / height)
    if factor >= 1:
        factor = min(int(factor), _MAX_DOT_CELLS)
    return (
        min(max(int(width * factor), min(width, _MIN_DOTS)), across),
        min(max(int(height * factor), min(height, _MIN_DOTS)), down),
    )


def _half_blocks(top: list[int], bottom: list[int] | None) -> Iterator[tuple[str, str]]:
    colours = palette()
    if bottom is None:
        for level, cells in groupby(top):
            yield "▀" * len(list(cells)), colours[level]
        return
    for (upper, lower), cells in groupby(zip(top, bottom, strict=True)):
        glyph = "█" if upper == lower else "▀"
        yield glyph * len(list(cells)), f"{colours[upper]} on {colours[lower]}"


def bars(items: Sequence[float], columns: int, lines: int) -> list[Cells]:
    """Draw numbers side by side as bars, whose heights lie between the least and the greatest number."""
    if not items or columns < 1 or lines < 1:
        return []
    shown = items if len(items) <= columns else [items[index * len(items) // columns] for index in range(columns)]
    room = max(min(columns // len(shown), _MAX_DOT_CELLS), 1)
    wide = room - 1 if room > 2 else room
    level = scale(shown, 8 * lines)
    heights = [level(number) + 1 for number in shown]
    rows: list[Cells] = []
    for line in range(lines - 1, -1, -1):
        text = "".join(_EIGHTHS[max(min(height - 8 * line, 8), 0)] * wide + " " * (room - wide) for height in heights)
        rows.append(((text, "accent"),))
    return rows


def bounds(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the least and the greatest finite number."""
    finite = [number for number in numbers if math.isfinite(number)]
    return (min(finite), max(finite)) if finite else (0.0, 0.0)


def scale(numbers: Sequence[float], levels: int) -> Callable[[float], int]:
    """Return a function from a number to its level between the least and the greatest; NaN has the lowest level."""
    low, high = bounds(numbers)
    step = levels / (high - low) if high > low and math.isfinite(high - low) else 0.0

    def level(number: float) -> int:
        if not math.isfinite(number):
            return levels - 1 if number > 0 else 0
        return min(int((number - low) * step), levels - 1)

    return level


def legend(cells: int, *, coloured: bool) -> Cells:
    """Return the colours of the palette from its least to its greatest level."""
    if not coloured:
        return ((SHADES, ""),)
    colours = palette()
    return tuple(("█", colours[index * (LEVELS - 1) // max(cells - 1, 1)]) for index in range(cells))
