"""The enlarged panel of shared memory shows pictures of Arrays."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from msgspec.structs import replace
from rockproc.observer.model import SharedValue, Site
from rockproc.observer.model.keys import ValueKey
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.run.run_controller import RunController
from rockproc.widgets.formatting.picture import palette
from rockproc.widgets.panels.shared_values import SharedValues

from tests.fakes import COUNTER, GRID, ONE, SCRIPT, FakeRun, snapshot
from tests.tui.conftest import lab, run, settled, text_of

PICTURE = ValueKey(211)


def picture(size: int, wide: int = 60, high: int = 40) -> SharedValue:
    """Return a Value with the picture of a slope, and with its bytes if it is small enough."""
    raw = struct.pack(f"{wide * high}i", *(x * y for y in range(high) for x in range(wide)))
    return SharedValue(
        PICTURE,
        "Array",
        "picture",
        f"int[{wide * high}]",
        length=wide * high,
        value=[0] * 1000,
        layout=f"i*{wide * high}/4",
        raw=raw if size else b"",
        writer=ONE,
        written=12.0,
        written_site=Site(SCRIPT, 21),
        reads=3,
        writes=40,
        size=len(raw),
    )


@pytest.fixture(autouse=True)
def _many_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")


def panel(app: RockprocApp) -> SharedValues:
    return lab(app).query_one(SharedValues)


def drawn(shared: SharedValues) -> list[str]:
    rows = [shared.row(index) for index in range(shared.count())]
    return [row.text for row in rows if isinstance(row.key, tuple) and row.key[0] == "picture"]


async def test_the_selected_array_is_drawn_as_a_picture(lab_app: RockprocApp) -> None:
    FakeRun.first = snapshot(values=(*snapshot().values, picture(1)))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "end")
        shared = panel(lab_app)
        assert drawn(shared) == []
        await pilot.press("enter")
        await settled(pilot)
        *cells, caption = drawn(shared)
        assert len(cells) == 20  # two of the 40 rows in each
        assert caption.startswith("40 rows of 60  (+ - for others)  0 ")
        assert caption.endswith(" 2301")
        assert f"{palette()[0]} on {palette()[0]}" in {role for _, role in shared.row(4).cells}
        text = text_of(lab_app)
        assert "written   last by worker-1 at two_locks.py:21, 0.4s ago" in text
        await pilot.press("plus")
        assert drawn(shared)[-1].startswith("32 rows of 75")
        await pilot.press("minus", "minus")
        assert drawn(shared)[-1].startswith("48 rows of 50")
        await pilot.press("up", "up", "up")
        assert drawn(shared) == []  # a single number is none
        await pilot.press("escape")
        assert drawn(shared) == []


async def test_few_numbers_are_drawn_as_bars(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "down", "enter")
        await settled(pilot)
        shared = panel(lab_app)
        assert shared.selected is not None
        assert shared.selected.key == GRID
        *bars, caption = drawn(shared)
        assert len(bars) == 12
        assert len({len(line) for line in bars}) <= 3
        assert caption.startswith("40 numbers")
        await pilot.press("plus")
        assert drawn(shared)[-1].startswith("40 rows of 1")
        await pilot.press("up")
        assert shared.selected is not None
        assert shared.selected.key == COUNTER


@pytest.mark.slow
async def test_a_very_large_array_is_drawn_from_the_snapshot(lab_app: RockprocApp) -> None:
    large = picture(0, 200, 100)
    raw = struct.pack("20000i", *range(20_000))
    FakeRun.first = snapshot(values=(large,), contents={PICTURE: raw})
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "enter")
        await settled(pilot)
        assert drawn(panel(lab_app))[-1].endswith(" 19999")
        assert "the first of" not in drawn(panel(lab_app))[-1]
        run().world = replace(run().world, now=13.0, contents={})  # an earlier moment: the first thousand
        await settled(pilot)
        assert drawn(panel(lab_app))[-1].startswith("25 rows of 40, the first of 20000: the past keeps no more")


@pytest.mark.slow
async def test_a_large_array_of_the_past_states_its_time(lab_app: RockprocApp) -> None:
    large = replace(picture(1), changed=12.9, kept=12.4)
    FakeRun.first = snapshot(values=(large,), contents={PICTURE: picture(1).raw})
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "enter")
        await settled(pilot)
        assert drawn(panel(lab_app))[-1].startswith("40 rows of 60  (+ -")
        run().world = replace(run().world, now=13.0, contents={})
        await settled(pilot)
        assert drawn(panel(lab_app))[-1].startswith("40 rows of 60, as at 00:12.4  (+ -")
        run().world = replace(run().world, now=13.1, values=(replace(large, kept=12.9),))
        await settled(pilot)
        assert drawn(panel(lab_app))[-1].startswith("40 rows of 60  (+ -")


@pytest.mark.slow
async def test_a_picture_that_does_not_change_is_not_drawn_again(
    lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeRun.first = snapshot(values=(picture(1),))
    calls: list[object] = []
    from rockproc.widgets.formatting import picture as module

    heat = module.heat

    def counted(*args: Any, **options: Any) -> Any:
        calls.append(args)
        return heat(*args, **options)

    monkeypatch.setattr(module, "heat", counted)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "enter")
        await settled(pilot)
        before = len(calls)
        for now in (13.0, 14.0):
            run().world = replace(run().world, now=now)
            await settled(pilot)
        assert before
        assert len(calls) == before
        run().world = replace(run().world, now=15.0, values=(replace(picture(1), raw=bytes(9600)),))
        await settled(pilot)
        # Once more if the details below it have grown by the change.
        assert before < len(calls) <= before + 2


@pytest.mark.slow
async def test_a_picture_has_shades_with_few_colours(lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedValues, "coloured", False)
    FakeRun.first = snapshot(values=(picture(1),))
    async with lab_app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("4", "enter")
        await settled(pilot)
        assert set("".join(drawn(panel(lab_app))[:-1])) == set(" ░▒▓█")


async def test_a_run_can_be_saved_from_a_picture(lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[RunController] = []

    def save(controller: RunController) -> None:
        saved.append(controller)

    monkeypatch.setattr(RunController, "save", save)
    FakeRun.first = snapshot(values=(*snapshot().values, picture(1)))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "end", "enter", "W")
        assert saved == [lab(lab_app).controller]
