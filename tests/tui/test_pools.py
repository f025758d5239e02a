from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.model import RunState, State
from rockproc.tui.app.application import RockprocApp
from rockproc.widgets.panels.pools import Pools

from tests.fakes import FakeRun, with_pools
from tests.parameters import fast_first
from tests.tui.conftest import lab, run, settled, text_of


@pytest.mark.parametrize("size", fast_first([((140, 40),), ((80, 24),)]))
async def test_pools_on_the_screen(lab_app: RockprocApp, size: tuple[int, int]) -> None:
    FakeRun.first = with_pools()
    async with lab_app.run_test(size=size) as pilot:
        await settled(pilot)
        assert ("P pools" if size[0] > 100 else "8 Pools") in text_of(lab_app)
        await pilot.press("P", "enter")
        await settled(pilot)
        text = text_of(lab_app)
        for part in (
            "Pools  2 tasks running",
            "oven  Pool of 2, 3 each  open",
            ":50",
            "8 of 20 done  ▒ 1 failed  ✖ 1 lost  ▓ 2 running  ░ 8 waiting",
            "◂ main waits for a result  3.0s  at :55",
            "bake('nut') and 1 more",
            "1.4s            4 done",
            "idle, waits for a task",
            "3 done, 1 failed",
            "✖ worker-3  SIGTERM, lost bake('plum')",
            "2 other workers have ended",
            "counters  ProcessPoolExecutor of 4  ✖ broken",
            "0 of 9 done",
            "5 never begun",
        ):
            assert part in text, part
        assert all(character.isprintable() for line in text.splitlines() for character in line)
        await pilot.press("8")
        await settled(pilot)
        assert lab(lab_app).drawers.open_one is None
        await pilot.press("P", "escape")
        assert lab(lab_app).drawers.open_one is None


async def test_without_a_pool_the_panel_says_so(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert "P pools" not in text_of(lab_app)
        await pilot.press("P")
        await settled(pilot)
        assert isinstance(lab(lab_app).drawers.open_one, Pools)
        assert "No Pool and no ProcessPoolExecutor yet" in text_of(lab_app)
        run().world = replace(run().world, state=RunState.ENDED)
        await settled(pilot)
        assert "made no Pool, ThreadPool or ProcessPoolExecutor" in text_of(lab_app)


@pytest.mark.slow
async def test_a_pool_whose_maker_has_ended(lab_app: RockprocApp) -> None:
    world = with_pools()
    main = replace(world.processes[0], state=State.JOINED, waits=())
    FakeRun.first = replace(world, processes=(main, *world.processes[1:]), main=main)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("P", "enter")
        await settled(pilot)
        text = text_of(lab_app)
        assert "oven  Pool of 2, 3 each  ✖ main has ended" in text
        assert "8 never begun" in text


@pytest.mark.slow
async def test_pools_are_searched(lab_app: RockprocApp) -> None:
    FakeRun.first = with_pools()
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("P", "slash", *"plum", "enter")
        await settled(pilot)
        pools = lab(lab_app).query_one(Pools)
        assert pools.prompt_note().startswith("1/1")
        assert "/plum" in text_of(lab_app)
        await pilot.press("escape")
        assert pools.has_focus  # only the search has ended
