from __future__ import annotations

import pytest
from rockproc.widgets.formatting.time_window import CELL_SECONDS, Lens, Window, clock, precise, ruler


def text(window: Window, now: float, moment: float | None = None) -> str:
    return "".join(part for part, _ in ruler(window, now, moment))


def test_a_short_run_is_shown_completely() -> None:
    assert Lens().window(3.0, 100) == Window(0.0, 0.05, 100)
    assert Lens().window(14.9, 100) == Window(0.0, 0.15, 100)


def test_a_long_run_shows_its_newest_part() -> None:
    window = Lens().window(1000.5, 100)
    assert (window.cell, window.columns) == (1.0, 100)
    assert window.column(1000.5) == 99


@pytest.mark.parametrize("now", [0.0005, 0.3, 61.0, 3600.0, 100_000.0])
def test_the_whole_run_fits(now: float) -> None:
    window = Lens(whole=True).window(now, 100)
    assert window.begin == 0
    assert 30 <= window.column(now) < 100 or window.cell == CELL_SECONDS[0]


def test_zooming_keeps_the_moment_in_its_column() -> None:
    window = Window(10.0, 0.1, 100)
    for steps in (1, 2, -1, -2):
        zoomed = Lens(0.1, 10.0).zoomed(steps, window, 14.25).window(60.0, 100)
        assert zoomed.cell == pytest.approx({1: 0.05, 2: 0.02, -1: 0.2, -2: 0.5}[steps])
        if zoomed.begin > 0:
            assert zoomed.column(14.25) == 42
    assert Lens().zoomed(99, window, None).cell == CELL_SECONDS[0]
    assert Lens().zoomed(-99, window, None).cell == CELL_SECONDS[-1]


def test_zooming_without_a_cursor_keeps_following() -> None:
    lens = Lens().zoomed(1, Lens().window(500.0, 100), None)
    assert lens.window(500.0, 100).column(500.0) == 99
    assert lens.window(600.0, 100).column(600.0) == 99


def test_the_window_moves_as_little_as_needed() -> None:
    window = Window(10.0, 0.1, 100)
    assert Lens(0.1, 10.0).reaching(12.0, window).begin == pytest.approx(10.0)
    assert Lens(0.1, 10.0).reaching(9.75, window).begin == pytest.approx(9.7)
    assert Lens(0.1, 10.0).reaching(20.25, window).begin == pytest.approx(10.3)
    assert Lens(0.1, 10.0).reaching(-5.0, window).begin == 0.0


@pytest.mark.parametrize("columns", [1, 5, 20, 61, 130])
@pytest.mark.parametrize("cell", CELL_SECONDS[::5])
@pytest.mark.parametrize("begin", [0.0, 100.0, 3599.0])
def test_the_ruler_is_as_wide_as_the_window(columns: int, cell: float, begin: float) -> None:
    window = Window(round(begin / cell) * cell, cell, columns)
    for moment in (None, window.begin, window.at(columns // 2), window.end - cell / 2, window.end + 1):
        line = text(window, window.end, moment)
        if columns >= 20:
            assert len(line) == columns
            assert ("▼" in line) == (moment is not None and window.holds(moment))


def test_the_ruler_ends_at_the_present() -> None:
    assert text(Window(0.0, 0.1, 30), 2.45) == "├0s───────├1s───────├2s──     "
    assert text(Window(0.0, 0.1, 30), 2.95, 1.26) == "├0s───────├1▼1.3s───├2s───────"
    assert text(Window(59.0, 0.1, 30), 99) == "├59s──────├1:00─────├1:01─────"


def test_times_have_the_precision_of_a_column() -> None:
    assert clock(4.25, 0.05) == "4.25s"
    assert clock(65, 5) == "1:05"
    assert clock(59.9999, 1) == "1:00"
    assert clock(65.25, 0.05) == "1:05.25"
    assert clock(3725, 15) == "1:02:05"
    assert precise(12.3456, 0.15) == "12.3s"
    assert precise(12.3456, 0.001) == "12.346s"
