from __future__ import annotations

import pytest
from rockproc.tui.screens.lab_plan import (
    Edge,
    Need,
    Shares,
    dragged_shares,
    edge_at,
    large_plan,
    shared_rows,
    small_plan,
)
from textual.geometry import Region, Size

NAMES = (
    *("processes", "timeline", "messages", "shared", "locks", "output", "pools"),
    *("findings", "source", "lesson", "words", "handle", "experiments", "history", "legend"),
)
SIZES = [Size(140, 35), Size(200, 54), Size(110, 26)]


def needs(**rows: int) -> dict[str, Need]:
    """The needs of all panels; those that are not named have no content."""
    return {name: Need(rows.get(name, 0), name in rows) for name in NAMES}


def area(regions: dict[str, Region]) -> int:
    return sum(region.area for region in regions.values())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "content",
    [
        {},
        {"processes": 3, "output": 4},
        {"processes": 3, "output": 400, "messages": 12, "source": 60, "lesson": 9},
        {"processes": 3, "output": 9, "messages": 9, "source": 60, "lesson": 9, "experiments": 5},
        {"processes": 3, "output": 9, "source": 60, "lesson": 9, "experiments": 5},
        {"processes": 90, "output": 3, "messages": 12, "shared": 4, "locks": 3, "pools": 9, "source": 60},
    ],
)
@pytest.mark.parametrize("opened", [None, "findings", "source", "messages"])
def test_the_panels_fill_the_space_and_do_not_overlap(size: Size, content: dict[str, int], opened: str | None) -> None:
    regions = large_plan(size, needs(**content), opened).regions
    assert area(regions) == size.area
    shown = list(regions.values())
    assert not any(one.overlaps(other) for index, one in enumerate(shown) for other in shown[index + 1 :])


@pytest.mark.parametrize("size", SIZES)
def test_the_output_has_half_of_the_width_or_the_width_of_an_editor(size: Size) -> None:
    regions = large_plan(size, needs(processes=3, output=6, messages=12, locks=2, source=60, lesson=9), None).regions
    assert regions["output"].width >= min(size.width // 2, 66)


def test_a_very_wide_terminal_has_three_columns() -> None:
    some = needs(processes=3, output=6, messages=12, source=60, lesson=9, experiments=5)
    regions = large_plan(Size(200, 54), some, None).regions
    assert {regions[name].x for name in ("messages", "output", "lesson")} == {0, 66, 133}
    assert regions["source"].x == 0
    assert regions.keys() == {"processes", "messages", "output", "source", "lesson", "experiments"}
    opened = large_plan(Size(200, 54), needs(processes=3, output=6, source=60, findings=4, lesson=9), "findings")
    assert opened.regions["findings"].x == opened.regions["output"].x


def test_no_filler_is_cut_while_another_column_has_room_for_it() -> None:
    some = needs(processes=3, output=20, source=90, lesson=12, words=12, handle=12, experiments=12)
    regions = large_plan(Size(200, 54), some, None).regions
    assert all(regions[name].height >= 13 for name in ("lesson", "words", "handle", "experiments"))


@pytest.mark.parametrize(
    ("messages", "output", "width"),
    [(90, 40, 56), (75, 40, 63), (70, 40, 70), (90, 60, 63), (90, 68, 70), (90, 90, 70), (0, 40, 70)],
)
def test_the_output_gives_width_that_its_lines_do_not_need(messages: int, output: int, width: int) -> None:
    some = needs(processes=3, source=60)
    some["messages"], some["output"] = Need(12, True, columns=messages), Need(6, True, columns=output)
    assert large_plan(Size(140, 35), some, None).regions["output"].width == width
    assert large_plan(Size(140, 35), some, None, shares=Shares(left=30)).regions["output"].width == 98


def test_the_source_makes_room_for_a_lesson_that_has_none_elsewhere() -> None:
    some = needs(processes=3, output=60, source=60, lesson=9, words=30)
    regions = large_plan(Size(140, 35), some, None).regions
    assert regions["lesson"].height == 10
    assert regions["source"].height >= 12
    assert "words" not in regions


def test_the_steps_fill_the_space_below_lesson_and_source() -> None:
    some = needs(processes=3, output=6, source=60, lesson=5, experiments=6)
    regions = large_plan(Size(140, 35), some, None).regions
    assert regions["experiments"].y == regions["lesson"].bottom
    assert regions["experiments"].height == 7


def test_a_panel_without_content_has_no_place() -> None:
    regions = large_plan(Size(140, 35), needs(processes=3, output=6, locks=2, source=60), None).regions
    assert regions.keys() == {"processes", "output", "locks", "source"}
    assert regions["locks"].height == 3
    assert regions["source"].height > 15


def test_an_opened_panel_gets_its_height_below_the_output() -> None:
    regions = large_plan(
        Size(140, 35), needs(processes=3, output=60, locks=2, findings=9, source=60), "findings"
    ).regions
    assert regions["findings"].height == 10
    assert regions["findings"].x == regions["output"].x
    assert regions["findings"].y == regions["output"].bottom
    assert "locks" in regions


def test_panels_without_room_are_named() -> None:
    plan = large_plan(Size(110, 20), needs(processes=20, output=9, messages=9, shared=9, locks=9, pools=9), None)
    assert plan.left_out == ["locks", "pools"]
    assert "messages" in plan.regions


@pytest.mark.parametrize(
    ("available", "wanted", "heights"),
    [
        (20, [6, 5], [6, 5]),
        (10, [12, 4], [6, 4]),
        (12, [12, 12], [6, 6]),
        (9, [9, 9, 9], [5, 4]),
        (3, [9], []),
        (30, [3], [3]),
    ],
)
def test_rows_are_shared(available: int, wanted: list[int], heights: list[int]) -> None:
    assert shared_rows(available, wanted) == heights


def test_a_small_terminal_has_two_panels_and_tabs() -> None:
    regions = small_plan(Size(80, 19), needs(processes=3, output=9), "output").regions
    assert regions.keys() == {"processes", "tabs", "output"}
    assert area(regions) == 80 * 19


def test_in_a_small_terminal_a_high_panel_that_is_opened_has_all_the_space() -> None:
    assert small_plan(Size(80, 19), needs(processes=3, source=60), "source", opened=True).regions.keys() == {"source"}


def test_an_edge_is_a_line_beside_a_panel_or_the_rule_above_one() -> None:
    size = Size(140, 35)
    some = needs(processes=3, output=6, messages=9, source=60, lesson=9)
    regions = large_plan(size, some, None).regions
    output, lesson = regions["output"], regions["lesson"]
    assert edge_at(regions, output.x, output.y + 2) == Edge("output", vertical=True)
    assert edge_at(regions, lesson.x + 5, lesson.y) == Edge("output", vertical=False)
    assert edge_at(regions, 5, regions["messages"].y) == Edge("processes", vertical=False)
    assert edge_at(regions, 5, 0) is None
    assert edge_at(regions, output.x + 3, output.y + 2) is None


@pytest.mark.parametrize(
    ("size", "name", "x"), [((140, 35), "output", 90), ((200, 54), "output", 50), ((200, 54), "lesson", 150)]
)
def test_a_dragged_line_follows_the_mouse(size: tuple[int, int], name: str, x: int) -> None:
    some = needs(processes=3, output=6, messages=9, source=60, lesson=9, words=20)
    plan = large_plan(Size(*size), some, None)
    shares = dragged_shares(Shares(), plan, Size(*size), Edge(name, vertical=True), x)
    assert abs(large_plan(Size(*size), some, None, shares=shares).regions[name].x - x) <= 1


def test_the_user_chooses_heights() -> None:
    some = needs(processes=3, output=6, messages=9, source=60, lesson=9)
    some["processes"], some["output"] = Need(19, True, chosen=True), Need(2, True, chosen=True)
    regions = large_plan(Size(140, 35), some, None).regions
    assert (regions["processes"].height, regions["output"].height) == (20, 3)


def test_the_history_stands_below_the_output_of_a_very_wide_terminal() -> None:
    some = needs(processes=3, output=6, messages=12, source=60, lesson=9, history=20)
    regions = large_plan(Size(200, 54), some, None).regions
    assert regions["history"].x == regions["output"].x
    assert regions["history"].height == 21
    long = large_plan(Size(200, 54), some | needs(output=400) | {"history": some["history"]}, None).regions
    assert long.keys() & {"history"} == set() or long["history"].height >= 5


def test_the_legend_takes_no_rows_of_the_source_and_grows_into_free_ones() -> None:
    some = needs(processes=3, output=60, source=90, legend=8)
    assert "legend" not in large_plan(Size(140, 35), some, None).regions
    some = needs(processes=3, output=6, source=90) | {"legend": Need(8, True, most=16)}
    assert large_plan(Size(140, 35), some, None).regions["legend"].height == 17
