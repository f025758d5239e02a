"""Opens the screen."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rockproc.observer.scenarios.catalog import Scenario, load
from rockproc.observer.scenarios.launch import Launch

from .app import RockprocApp
from .runtime import lazy_imports

if TYPE_CHECKING:
    from rockproc.observer.recording.replay import Replay


SWITCHING = 0.0005
"""Seconds after which the observer's thread lets the screen's have its turn. A key passes four threads on its way from
the terminal and back, and would wait five milliseconds before each."""


def show(
    template: Launch,
    *,
    opens: bool = False,
    timeout: float | None = None,
    record: str | None = None,
    save: str | None = None,
    replay: Replay | None = None,
) -> int:
    """save: where the first run is recorded."""
    places = [Path(save)] if save is not None else []
    app = RockprocApp(
        lambda launch: lazy_imports.Run(launch, save=places.pop() if places else None),
        template=template,
        opens=scenario_of(template) if opens else None,
        timeout=timeout,
        record=Path(record) if record else None,
        replay=replay,
    )
    sys.setswitchinterval(SWITCHING)
    try:
        app.run()
    finally:
        app.stop_recording()
        app.stop_runs()
    return app.return_code or 0


def scenario_of(launch: Launch) -> Scenario:
    """What the Lab shows of a program that the command line names."""
    if launch.module:
        return Scenario(Path(launch.script), launch.script, "yours")
    return load(Path(launch.script).absolute(), group="yours")
