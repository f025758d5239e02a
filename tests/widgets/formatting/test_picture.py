from __future__ import annotations

import math
import random

import pytest
from rich.style import Style
from rockproc.widgets.bases.rows import length
from rockproc.widgets.formatting.cells import Cells
from rockproc.widgets.formatting.picture import LEVELS, bars, guess, heat, legend, palette, scale, widths

PALETTE = palette()


def text(cells: Cells) -> str:
    return "".join(part for part, _ in cells)


def dots(lines: list[Cells]) -> list[list[int]]:
    """Return the level of each dot, read from the colours."""
    rows: list[list[int]] = []
    for cells in lines:
        top: list[int] = []
        bottom: list[int] = []
        for part, role in cells:
            upper, _, lower = role.partition(" on ")
            top += [PALETTE.index(upper)] * len(part)
            if lower:
                bottom += [PALETTE.index(lower)] * len(part)
        rows += [top, bottom] if bottom else [top]
    return rows


def test_two_numbers_stand_in_a_cell() -> None:
    lines = heat([0, 1, 2, 3, 4, 5], 3, 3, 1, coloured=True)
    assert text(lines[0]) == "▀▀▀"
    assert dots(lines) == [[0, 6, 12], [19, 25, 31]]


def test_an_odd_last_row_has_a_free_lower_half() -> None:
    lines = heat([0, 1, 2, 3, 4, 5], 2, 2, 2, coloured=True)
    assert len(lines) == 2
    assert [role.count(" on ") for _, role in lines[1]] == [0, 0]


def test_small_pictures_are_enlarged_and_large_ones_reduced() -> None:
    small = heat([0, 9, 9, 0], 2, 40, 10, coloured=True)
    assert dots(small) == [[0] * 8 + [31] * 8] * 8 + [[31] * 8 + [0] * 8] * 8
    large = heat([x + y for y in range(500) for x in range(400)], 400, 40, 10, coloured=True)
    assert (len(large), len(dots(large)[0])) == (10, 16)
    assert dots(large)[0][0] < dots(large)[9][8] < dots(large)[-1][-1]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("coloured", [True, False])
def test_a_picture_never_exceeds_its_size(seed: int, coloured: bool) -> None:
    rng = random.Random(seed)
    count, width = rng.randrange(1, 3000), rng.randrange(1, 400)
    items = [rng.choice((rng.random(), math.nan, math.inf, -math.inf, 10**18)) for _ in range(count)]
    columns, lines = rng.randrange(1, 140), rng.randrange(1, 40)
    drawn = heat(items, width, columns, lines, coloured=coloured)
    assert len(drawn) <= lines
    assert all(length(cells) <= columns for cells in drawn)
    drawn = bars(items, columns, lines)
    assert len(drawn) == lines
    assert all(length(cells) <= columns for cells in drawn)


def test_few_colours_are_drawn_as_shades() -> None:
    lines = heat([0, 1, 2, 3, 4], 5, 10, 4, coloured=False)
    assert [text(cells) for cells in lines] == ["  ░░▒▒▓▓██"]
    assert lines[0][0][1] == ""
    assert text(legend(16, coloured=False)) == " ░▒▓█"


def test_equal_numbers_are_drawn_as_the_lowest_level() -> None:
    assert dots(heat([7] * 4, 2, 2, 1, coloured=True)) == [[0, 0], [0, 0]]


def test_nan_does_not_affect_other_numbers() -> None:
    level = scale([1.0, math.nan, 3.0, math.inf], 4)
    assert [level(number) for number in (1.0, 2.0, 3.0, math.nan, math.inf, -math.inf)] == [0, 2, 3, 0, 3, 0]


def test_bars_are_scaled_between_minimum_and_maximum() -> None:
    assert [text(cells) for cells in bars([0, 5, 10], 12, 2)] == ["    ▁▁▁ ███ ", "▁▁▁ ███ ███ "]
    assert len(text(bars(range(1000), 50, 3)[0])) == 50


def test_the_length_of_rows_is_guessed() -> None:
    assert guess([0] * 4212, None, 100) == 78
    assert guess([0] * 4212, 6, 100) == 6
    assert guess([0] * 40, None, 100) == 40
    assert guess([0] * 10_007, None, 100) == 10_007
    rings = [math.hypot(x - 100, y - 100) % 30 for y in range(200) for x in range(320)]
    assert guess(rings, None, 100) == 320
    assert guess([*rings[: len(rings) // 3], *[0] * (len(rings) - len(rings) // 3)], None, 100) == 320
    assert guess([math.hypot(x, y) for y in range(160) for x in range(90)], None, 100) == 90
    rng = random.Random(1)
    assert guess([rng.random() for _ in range(64_000)], None, 100) == 256
    assert guess([math.nan] * 64_000, None, 100) == 256
    assert widths(12) == [1, 2, 3, 4, 6, 12]


def test_the_palette_grows_lighter() -> None:
    lights: list[int] = []
    for colour in PALETTE:
        parsed = Style.parse(colour).color
        assert parsed is not None
        assert parsed.triplet is not None
        lights.append(sum(parsed.triplet))
    assert lights == sorted(lights)
    assert len(set(PALETTE)) == LEVELS
