"""The panels of the Lab have a search, marks, and a filter for the output of one process."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.model import Message, MessageEvent, OutputLine
from rockproc.tui.app.application import RockprocApp
from rockproc.widgets.bases.searching import ROWS_PER_SLICE, Searching
from rockproc.widgets.panels.messages import Messages
from rockproc.widgets.panels.output import Output
from textual import events

from tests.fakes import ONE, TASKS, FakeRun, snapshot
from tests.parameters import fast_first
from tests.tui.conftest import lab, run, run_again, settled, text_of


@pytest.mark.parametrize(
    ("keys", "sought", "found"),
    fast_first(
        [
            (("3",), "JOB': 4", "2/2"),
            (("v",), "process(", "1/2"),
            (("6",), "traceback", "1/1"),
            (("f",), "same order", "1/1"),
            (("6", "t", "1", "t", "at"), "kill", "1/1"),
        ],
        2,
    ),
)
async def test_every_list_is_searched(lab_app: RockprocApp, keys: tuple[str, ...], sought: str, found: str) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)
        await pilot.press("slash", *sought)
        panel = lab(lab_app).focused
        assert isinstance(panel, Searching)
        assert panel.prompt_note() == found
        assert f"/{sought}" in text_of(lab_app)
        await pilot.press("enter")
        assert f"{found}  n N · esc" in text_of(lab_app)
        await pilot.press("escape")
        assert not panel.prompting
        assert lab_app.screen is lab(lab_app)


@pytest.mark.slow
async def test_search_continues_in_live_and_paused_views(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        messages = lab(lab_app).query_one(Messages)
        await pilot.press("3", "slash", *"main", "enter")
        assert messages.prompt_note().startswith("13/13")
        late = Message(TASKS, ONE, sent=12.0, size=12, content=b"main is late")
        run().world.messages.append(MessageEvent(12.0, "sent", ONE, late))
        run().world = replace(run().world, now=13.0)
        await settled(pilot)
        assert messages.prompt_note().startswith("13/14")
        await pilot.press("n")
        assert isinstance(messages.item, MessageEvent)
        assert messages.item.message is late
        await pilot.press("space", "n")
        assert messages.prompt_note().startswith("1/14")
        await pilot.press("N", "N")
        assert messages.prompt_note().startswith("13/14")
        # Another channel: what is shown is what is searched.
        await pilot.press("right", "right")
        assert messages.prompt_note().startswith("1 found")


async def test_the_key_n_does_nothing_without_a_search(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("3", "home", "n", "N")
        assert lab(lab_app).query_one(Messages).cursor == 0


async def test_keys_typed_ahead_belong_to_the_search(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        for key in ("6", "home", "slash", *"took", "enter", "n", "y"):
            lab_app.post_message(events.Key(key, key if len(key) == 1 else None))
        for _ in range(4):
            await pilot.pause()
        output = lab(lab_app).query_one(Output)
        assert (output.prompt, output.cursor) == ("took", 1)
        assert lab_app.clipboard == "took lock_b"


@pytest.mark.slow
async def test_messages_can_be_marked(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        messages = lab(lab_app).query_one(Messages)
        await pilot.press("3", "apostrophe")
        assert any("m marks one" in toast.message for toast in lab_app._notifications)
        await pilot.press("home", "down", "m", "down", "down", "m", "end")
        assert text_of(lab_app).count("◆") == 0  # above what is in view
        places: list[int] = []
        for _ in range(3):
            await pilot.press("apostrophe")
            places.append(messages.cursor)
        assert places == [1, 3, 1]
        assert text_of(lab_app).count("◆") == 2
        # They are of the message: in the list of one channel they are there as well.
        await pilot.press("c", "home", "apostrophe")
        assert text_of(lab_app).count("◆") == 2
        await pilot.press("m")
        assert text_of(lab_app).count("◆") == 1


async def test_the_output_of_one_process_can_be_shown(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        output = lab(lab_app).query_one(Output)
        await pilot.press("6", "home", "p")
        assert [item.text for item in output._items] == ["took lock_a"]
        assert "worker-1 alone  1 of 6 lines" in text_of(lab_app)
        run().world.output.append(OutputLine(2.0, 4126, "stdout", "another's " * 8))
        run().world.output.append(OutputLine(2.0, 4125, "stdout", "its own"))
        run().world = replace(run().world, now=13.0)
        await settled(pilot)
        assert [item.text for item in output._items] == ["took lock_a", "its own"]
        await pilot.press("p")
        # Eight lines, of which the long one takes two rows.
        assert (output.count(), output.item and output.item.text) == (9, "took lock_a")
        await run_again(pilot)
        assert output.alone is None


@pytest.mark.slow
async def test_a_long_output_is_searched_in_slices(lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch) -> None:
    world = snapshot()
    for number in range(3 * ROWS_PER_SLICE):
        world.output.append(OutputLine(1.0, 4125, "stdout", f"line {number}"))
    FakeRun.first = world
    expected = sum("99" in line.text or line.pid == 9999 for line in world.output.since(0)[1])
    slices: list[int] = []
    plainly = Searching._matching

    def counted(self: Searching, numbers: range | list[int]) -> list[int]:
        slices.append(len(numbers))
        return plainly(self, numbers)

    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        monkeypatch.setattr(Searching, "_matching", counted)
        await pilot.press("6", "slash", "9", "9")
        await pilot.pause()
        output = lab(lab_app).query_one(Output)
        assert output.prompt_note() == f"{expected}/{expected}"
        await pilot.press("7", "enter", "N", "n", "n")
        assert output.item is not None
        assert output.item.text == "line 997"
        assert max(slices) <= ROWS_PER_SLICE
