from __future__ import annotations

import pytest
from rockproc.tui.screens.lab_columns import Need, shared_rows
from rockproc.tui.screens.lab_plan import Edge, Shares, dragged_shares, edge_at, large_plan, small_plan
from textual.geometry import Region, Size

NAMES = (
    *("processes", "timeline", "messages", "shared", "locks", "output", "pools"),
    *("findings", "source", "lesson", "words", "handle", "steps", "history", "legend"),
)
SIZES = [Size(140, 35), Size(200, 54), Size(110, 26)]


def needs(**rows: int) -> dict[str, Need]:
    """Return the needs of all panels; those that are not named have no content."""
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
        {"processes": 3, "output": 9, "messages": 9, "source": 60, "lesson": 9, "steps": 5},
        {"processes": 3, "output": 9, "source": 60, "lesson": 9, "steps": 5},
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
def test_the_output_has_half_of_the_width(size: Size) -> None:
    regions = large_plan(size, needs(processes=3, output=6, messages=12, locks=2, source=60, lesson=9), None).regions
    assert regions["output"].width >= size.width // 2


def test_a_very_wide_terminal_has_three_columns() -> None:
    some = needs(processes=3, output=6, messages=12, source=60, lesson=9, steps=5, words=22)
    regions = large_plan(Size(200, 54), some, None).regions
    assert {regions[name].x for name in ("messages", "output", "lesson")} == {0, 60, 161}
    assert regions["source"].x == 0
    assert regions.keys() == {"processes", "messages", "output", "source", "lesson", "steps", "words"}
    opened = large_plan(Size(200, 54), needs(processes=3, output=6, source=60, findings=4, lesson=9), "findings")
    assert opened.regions["findings"].x == opened.regions["output"].x


def test_no_filler_is_cut_while_another_column_has_room_for_it() -> None:
    some = needs(processes=3, output=20, source=90, lesson=12, words=12, handle=12, steps=12)
    regions = large_plan(Size(200, 54), some, None).regions
    assert all(regions[name].height >= 13 for name in ("lesson", "words", "handle", "steps"))


def test_the_rows_of_a_text_are_those_in_the_width_of_its_place() -> None:
    asked: list[int] = []

    def rows_at(columns: int) -> int:
        asked.append(columns)
        return 900 // columns

    some = needs(processes=3, output=6, messages=12, source=60, lesson=9) | {"words": Need(0, True, rows_at=rows_at)}
    words = large_plan(Size(200, 54), some, None).regions["words"]
    assert words.width - 4 in asked
    assert words.height >= 900 // (words.width - 4) + 1


def test_a_panel_that_is_cut_gets_rows_before_one_with_empty_rows() -> None:
    some = needs(processes=3, output=5, source=60, lesson=23)
    regions = large_plan(Size(140, 35), some, None).regions
    assert regions["lesson"].height == 24
    assert regions["output"].height == 6  # without the reserve for its next lines
    some["output"] = Need(9, True, chosen=True)
    assert large_plan(Size(140, 35), some, None).regions["output"].height == 10  # the user has chosen so


def test_the_processes_get_rows_that_only_fillers_would_have() -> None:
    some = needs(processes=24, output=5, locks=3, source=60, lesson=25)
    assert large_plan(Size(140, 35), some, None).regions["processes"].height == 25
    for other in (needs(processes=24, output=30, source=60), needs(processes=50, output=5, source=60)):
        assert large_plan(Size(140, 35), other, None).regions["processes"].height == 17


def test_a_panel_that_would_be_cut_at_the_left_stands_below_the_output_if_that_has_room() -> None:
    some = needs(processes=3, output=5, messages=14, shared=8, locks=10, source=60, lesson=25)
    regions = large_plan(Size(140, 35), some, None).regions
    assert regions["locks"].x == regions["output"].x
    assert (regions["messages"].height, regions["locks"].height) == (15, 11)
    crowded = large_plan(Size(140, 35), some | {"output": Need(60, True)}, None).regions
    assert crowded["locks"].x == 0


def test_the_source_makes_room_for_a_lesson_that_has_none_elsewhere() -> None:
    some = needs(processes=3, output=60, source=60, lesson=9, words=30)
    regions = large_plan(Size(140, 35), some, None).regions
    assert regions["lesson"].height == 10
    assert regions["source"].height >= 12
    assert "words" not in regions


def test_the_steps_fill_the_space_below_lesson_and_source() -> None:
    some = needs(processes=3, output=6, source=60, lesson=5, steps=6)
    regions = large_plan(Size(140, 35), some, None).regions
    assert regions["steps"].y == regions["lesson"].bottom
    assert regions["steps"].height == 7


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
    ("size", "name", "x"), [((140, 35), "output", 90), ((200, 54), "output", 50), ((200, 54), "words", 150)]
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
