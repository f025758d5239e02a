"""A large terminal must show names, line numbers and lines of output of bundled scenarios in full."""

from __future__ import annotations

import asyncio
import time

import pytest
from rockproc.observer.model import State
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.catalog import Scenario, bundled
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.screens.lab import Lab
from rockproc.widgets.bases.rows import Rows
from rockproc.widgets.formatting.sanitize import sanitize
from rockproc.widgets.panels import wait_graph
from rockproc.widgets.panels.locks import Locks
from rockproc.widgets.panels.output import Output

SIZES = ((140, 40), (200, 60))
RUN_SECONDS = 8.0
"""The time after which most scenarios show what they are about."""
DEADLINE_SECONDS = 10.0


def text_of(rows: Rows) -> list[str]:
    return [rows.row(index).text for index in range(rows.count())]


def complaints(lab: Lab) -> list[str]:
    """Return what is cut in the Lab as it is now."""
    view, found = lab.controller.view, list[str]()
    rows = {row.key: row.text for row in map(lab.processes.row, range(lab.processes.count()))}
    for process in view.snapshot.processes:
        row = rows.get(process.key, "")
        if f"{process.name} " not in row and process.role not in ("forkserver", "resource tracker"):
            found.append(f"the name {process.name} in Processes")
        wait = process.main_wait
        if row and process.state is State.WAITING and wait is not None and wait.site is not None:
            idle = process.pool is not None and process.task is None
            if f":{wait.site.line}" not in row and not idle:
                found.append(f"the line of {process.name} in {row!r}")
    begin = lab.processes.lane_begin
    found += [f"Processes: {text!r}" for key, text in rows.items() if isinstance(key, int) and "…" in text[:begin]]
    locks = lab.query_one(Locks)
    if locks.display:
        found += [f"Locks: {text!r}" for text in text_of(locks) if "…" in text]
        names = [lock.name for lock in view.snapshot.locks]
        shown = "\n".join(text_of(locks))
        found += [f"the name of the lock {name}" for name in names if sanitize(name) not in shown]
    found += [f"wait-for graph: {row.text!r}" for row in wait_graph.graph(view) if "…" in row.text]
    output = lab.query_one(Output)
    printed = "".join("".join(text_of(output)).split())
    for line in view.snapshot.output.since(0)[1]:
        own = next((process.name for process in view.snapshot.processes if process.pid == line.pid), "")
        rest = sanitize(line.text.removeprefix(own).removeprefix(":"))
        if "".join(rest.split()) not in printed and output.count() < output.LIMIT:
            found.append(f"Output: {line.text!r}")
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", bundled(), ids=lambda scenario: scenario.path.stem)
async def test_nothing_is_cut(scenario: Scenario) -> None:
    app = RockprocApp(Run, opens=scenario, template=Launch(str(scenario.path)))
    found: dict[str, list[str]] = {}
    async with app.run_test(size=SIZES[0]) as pilot:
        await asyncio.sleep(RUN_SECONDS)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            lab = app.screen
            assert isinstance(lab, Lab)
            deadline = time.monotonic() + DEADLINE_SECONDS
            while complaints(lab) and time.monotonic() < deadline:  # what has just changed is drawn with the next frame
                await asyncio.sleep(0.5)
                lab.controller.frame_now()
                await pilot.pause(0.1)
                if lab.controller.ended:
                    deadline = min(deadline, time.monotonic() + 3)
            if now := complaints(lab):
                found[f"{width}×{height}"] = now
        app.stop_runs()
        app.exit()
    assert not found, found
