"""The share of the Lab's cells that are blank or border, over the bundled scenarios.

python -m benchmarks.blank_cells [SCENARIO…]

Each scenario runs for some seconds in an app without a terminal; then the screen is counted at each size. A space
between two words is text. Two spaces or more in a row, and spaces at the edge of a panel, are blank.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import sys
import tempfile
import time

from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.catalog import Scenario, bundled
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.screencasts.frames import grab
from rockproc.tui.screens.lab import Lab

SIZES = ((140, 40), (200, 60))
RUN_SECONDS = 6.0
DEADLINE_SECONDS = 20.0
LIMIT = 0.55
"""The largest median that is allowed."""
_BLANK = re.compile(r"[─│╭╮╰╯┌┐└┘├┤]|^ | $| {2,}|(?<=│) | (?=│)")


def blank_share(rows: list[str]) -> float:
    """Return the share of blank and border cells of a screen."""
    cells = sum(len(row) for row in rows)
    return sum(len(match.group()) for row in rows for match in _BLANK.finditer(row)) / cells


async def measure(scenario: Scenario) -> list[float]:
    """Return the shares at each size, some seconds after a scenario has started its first child."""
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()
    app = RockprocApp(Run, opens=scenario, template=Launch(str(scenario.path)))
    shares: list[float] = []
    async with app.run_test(size=SIZES[0]) as pilot:
        await _until_run_for(app, RUN_SECONDS)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await _until_arranged(app, width)
            shares.append(blank_share([strip.text for strip in grab(app)]))
        app.stop_runs()
        app.exit()
    return shares


async def _until_run_for(app: RockprocApp, seconds: float) -> None:
    """Wait until the program has run for some seconds: on a busy machine it begins late."""
    deadline = time.monotonic() + seconds + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        lab = app.screen
        if isinstance(lab, Lab) and _moment(lab) >= seconds:
            break


def _moment(lab: Lab) -> float:
    """Return the seconds since the first child was started; those of a run that has ended are enough."""
    view = lab.controller.view
    children = [process.started for process in view.snapshot.processes if process.started and process.role != "main"]
    return float("inf") if lab.controller.ended else view.now - min(children, default=view.now)


async def _until_arranged(app: RockprocApp, width: int) -> None:
    """Wait until the panels fill the screen and have drawn their present content."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    lab = app.screen
    assert isinstance(lab, Lab)
    while time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        if max(panel.region.right for panel in lab.all_panels if panel.display) == width:
            break
    lab.controller.frame_now()
    await asyncio.sleep(0.5)


def main(names: list[str]) -> int:
    """Measure the scenarios of these names, or all, and print a table."""
    results: list[list[float]] = []
    for scenario in bundled():
        if not names or scenario.path.stem in names:
            shares = asyncio.run(measure(scenario))
            results.append(shares)
            print(f"{scenario.path.stem:<20}", *(f"{share:7.0%}" for share in shares), flush=True)
    medians = [statistics.median(column) for column in zip(*results, strict=True)]
    print(f"{'median':<20}", *(f"{share:7.0%}" for share in medians))
    return int(any(share >= LIMIT for share in medians))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
