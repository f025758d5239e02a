"""The timeline has a cursor and a window, and a rewound view shows nothing of the future."""

from __future__ import annotations

import time
from typing import Any

import pytest
from msgspec.structs import replace
from rockproc.observer.model import Process, State, StateInterval, Stream, TimelineMark
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.model.stream import stream_of
from rockproc.tui.app.application import RockprocApp
from rockproc.widgets.bases.view import View
from rockproc.widgets.formatting import message_arrows
from rockproc.widgets.panels.timeline import Timeline
from textual.message import Message
from textual.pilot import Pilot

from tests.fakes import MAIN, ONE, THREE, TWO, FakeRun, snapshot
from tests.parameters import fast_first
from tests.tui.conftest import lab, run, settled


def timeline(app: RockprocApp) -> Timeline:
    return lab(app).query_one(Timeline)


def lane(panel: Timeline, key: int) -> str:
    """Return the row of a process without its name."""
    row = next(panel.row(index) for index in range(panel.count()) if panel.row(index).key == key)
    return row.text[panel._name_width + 1 :]


def ruler(panel: Timeline) -> str:
    return panel.row(0).text


async def opened(pilot: Pilot[Any], *keys: str) -> None:
    await settled(pilot)
    await pilot.press("2", "enter", *keys)
    await settled(pilot)


async def test_lanes_show_starts_states_signals_and_ends(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "m")
        panel = timeline(lab_app)
        assert lane(panel, MAIN) == "┊" + "━" * 19 + "╌╌ worker-1 " + "╌" * 92
        assert lane(panel, TWO)[39:61] == "━" + "‖" * 20 + "━"
        assert lane(panel, THREE).startswith(" " * 6 + "┊" + "━" * 72 + "↯✖░░░")
        assert ruler(panel).split("├")[1:3] == ["0s───────", "1s───────"]


@pytest.mark.slow
async def test_messages_are_marks_and_can_be_hidden(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        panel = timeline(lab_app)
        assert lane(panel, MAIN).count("●") == 12
        assert lane(panel, TWO).count("▼") == 4  # arrows: they come from the selected process
        await pilot.press("m")
        assert "●" not in lane(panel, MAIN)


async def test_messages_of_the_selected_process_have_arrows(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        panel = timeline(lab_app)
        assert lane(panel, ONE).count("▼") == 5
        await pilot.press("down")
        assert panel.selected is not None
        assert panel.selected.key == ONE
        assert lane(panel, TWO).count("▼") == 0
        await pilot.press("escape")
        await settled(pilot)
        assert lane(panel, ONE).count("▼") == 0


async def test_the_message_under_the_cursor_is_shown_between_the_lanes(lab_app: RockprocApp) -> None:
    def shown() -> set[tuple[str, str]]:
        rows = [panel.row(index) for index in range(panel.count())]
        return {
            cell
            for row in rows
            for cell in row.cells
            if set(cell[1].split("+")) & {message_arrows.CHOSEN, message_arrows.END}
        }

    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        panel = timeline(lab_app)
        await pilot.press("3")
        assert shown() == set()
        await pilot.press("up", "up", "up", "up", "up")
        chosen = panel.message
        assert chosen is not None
        assert chosen.received is not None
        await pilot.press("2", "enter")
        await settled(pilot)
        assert panel.message is chosen
        assert {("●", message_arrows.END), ("○", message_arrows.END)} < shown()
        assert "│" in {glyph for glyph, _ in shown()}
        await pilot.press("enter", "3", "end")
        await settled(pilot)
        assert panel.message is None


async def test_the_time_cursor_describes_its_moment(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "down", "home", *["shift+right"] * 4)
        panel = timeline(lab_app)
        assert panel.moment == pytest.approx(4.05)
        assert "worker-1 waits get tasks  1.0s of 2.0s" in str(panel.border_title)
        assert "▼4.0s" in ruler(panel) or "▼4.1s" in ruler(panel)
        await pilot.press("left", "left")
        assert panel.moment == pytest.approx(3.85)
        await pilot.press("home")
        assert "worker-1 was not there yet" in str(panel.border_title)
        await pilot.press("down", "down", *["shift+right"] * 12, "right", "right", "right")
        assert panel.moment == pytest.approx(12.35)
        assert "worker-3 zombie" in str(panel.border_title)
        await pilot.press("escape")
        assert panel.moment is None
        assert "▼" not in ruler(panel)


@pytest.mark.slow
async def test_zoom_keeps_the_cursor_in_its_column(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "left", *["shift+left"] * 4)
        panel = timeline(lab_app)
        place = ruler(panel).index("▼")
        for key in ("plus", "plus", "equals_sign"):
            await pilot.press(key)
            assert ruler(panel).index("▼") == place
        assert panel.window.cell == pytest.approx(0.01)
        await pilot.press("0")
        assert panel.window.begin == 0
        await pilot.press("minus", "minus", "minus", "minus")
        assert panel.window.cell == pytest.approx(2.0)
        await pilot.press("end")
        assert panel.window.cell == pytest.approx(0.1)


@pytest.mark.slow
async def test_the_view_stays_where_the_cursor_is_and_follows_again(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "left")
        panel = timeline(lab_app)
        window = panel.window
        run().world = snapshot(400.0)
        await settled(pilot)
        assert panel.window == window
        await pilot.press("end")
        await settled(pilot)
        assert panel.window.column(400.0) == panel.window.columns - 1
        assert panel.window.begin > 200


async def test_a_moment_is_chosen_by_key_and_by_mouse(lab_app: RockprocApp) -> None:
    heard: list[Message] = []
    async with lab_app.run_test(size=(140, 40), message_hook=heard.append) as pilot:
        await opened(pilot)
        await pilot.press("home", "right", "enter")
        await settled(pilot)
        panel = timeline(lab_app)
        left = panel.content_region.x - panel.region.x + panel._name_width + 1
        await pilot.click(Timeline, offset=(left + 50, 1))
        await settled(pilot)
        row_of_one = next(index for index in range(panel.count()) if panel.row(index).key == ONE)
        await pilot.click(Timeline, offset=(left + 20, panel.content_region.y - panel.region.y + row_of_one))
        await settled(pilot)
        assert panel.moment == pytest.approx(2.05)
        assert panel.selected is not None
        assert panel.selected.key == ONE
        chosen = {id(event): event.seconds for event in heard if isinstance(event, Timeline.MomentChosen)}
        assert list(chosen.values()) == pytest.approx([0.15, 5.05])
        assert lab(lab_app).arrangement.enlarged == Timeline.NAME
        await pilot.press("escape", "enter")  # without a cursor, enter goes back to all panels
        assert lab(lab_app).arrangement.enlarged != Timeline.NAME


@pytest.mark.parametrize("keys", fast_first([((),), (("enter",),), (("left",),), (("plus", "plus"),)]))
async def test_the_future_of_a_rewound_view_is_not_drawn(lab_app: RockprocApp, keys: tuple[str, ...]) -> None:
    """The streams hold the whole run, but a view of an earlier moment must look as it looked then."""
    end = snapshot(12.4)
    early = replace(end, now=3.55)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, *keys)
        panel = timeline(lab_app)
        panel.show(View.of(early))
        for key in (MAIN, ONE, TWO, THREE):
            line = lane(panel, key)
            assert len(line) <= panel.window.begun(3.55)
            assert not set(line) & set("↯✖·‖")
        assert lane(panel, MAIN).count("●") <= 11
        shown = [lane(panel, key) for key in (MAIN, ONE, TWO, THREE)]
        panel.show(View.of(snapshot(12.4)))
        panel.show(View.of(early))
        assert [lane(panel, key) for key in (MAIN, ONE, TWO, THREE)] == shown


@pytest.mark.slow
async def test_messages_of_another_part_of_the_run_are_read_again(lab_app: RockprocApp) -> None:
    """A recording shows only the newest messages before a moment."""
    whole = snapshot(12.4)
    _, events = whole.messages.since(0)
    late, early = replace(whole, messages=stream_of(30, events[30:])), replace(whole, messages=stream_of(0, events[:9]))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        panel = timeline(lab_app)
        panel.reset()
        marks: list[int] = []
        for event in (late, early, late, early):
            panel.show(View.of(event))
            marks.append(lane(panel, MAIN).count("●"))
        assert marks == [1, 3, 1, 3]


def crowd(count: int, now: float) -> Any:
    people = [
        Process(ProcessKey(key), f"p-{key}", pid=key, state=State.RUNNING, created=0.0, started=0.0)
        for key in range(1, count + 1)
    ]  # fmt: skip
    lanes: dict[int, Stream[StateInterval]] = {}
    marks: Stream[TimelineMark] = Stream()
    for process in people:
        lanes[process.key] = Stream()
        for step in range(int(now)):
            state = State.WAITING if (step + process.key) % 2 else State.RUNNING
            lanes[process.key].append(StateInterval(process.key, step, step + 1, state, "get tasks"))
        marks.append(TimelineMark(now - 1.5, "signal", process.key, "SIGINT"))
    return replace(snapshot(now), processes=tuple(people), spans=lanes, marks=marks)


@pytest.mark.slow
async def test_only_visible_lanes_are_drawn_below_the_ruler(lab_app: RockprocApp) -> None:
    FakeRun.first = crowd(100, 60.0)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        panel = timeline(lab_app)
        assert "━" in lane(panel, 1)
        assert lane(panel, 100) == ""
        await pilot.press("G")
        await settled(pilot)
        assert "━" in lane(panel, 100)
        assert "├" in panel.render_line(0).text
        assert "p-100" in panel.render_line(panel.scrollable_content_region.height - 1).text
        await pilot.press("g")
        await settled(pilot)
        assert "p-1 " in panel.render_line(1).text


@pytest.mark.slow
async def test_a_hundred_lanes_are_drawn_within_a_frame(lab_app: RockprocApp) -> None:
    FakeRun.first = crowd(100, 900.0)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "enter", "0")
        panel, view = timeline(lab_app), lab(lab_app).controller.view
        begin = time.process_time()
        for _ in range(10):
            panel.rows(view)
        assert (time.process_time() - begin) / 10 < 0.05


async def test_idle_lanes_are_redrawn_every_other_second(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        panel = timeline(lab_app)

        def end(now: float, version: int | None, moment: float | None = None) -> float:
            panel.show(View.of(replace(snapshot(12.4), now=now, version=version), moment))
            return panel.view.now

        assert end(12.4, 7) == 12.4
        assert end(13.4, 7) == 12.4
        assert end(14.4, 7) == 14.4
        assert end(14.5, 8) == 14.5
        assert end(14.4, 8, 14.4) == 14.4
        assert end(14.5, 8) == 14.5
        assert end(15.0, None) == 15.0
