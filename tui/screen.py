"""Opens the screen."""

from __future__ import annotations

from pathlib import Path

from ..observer.catalog import Scenario, load
from ..observer.launch import Launch
from ..observer.run import Run
from .app import RockprocApp


def show(template: Launch, *, opens: bool, timeout: float | None, record: str | None) -> int:
    app = RockprocApp(
        Run,
        template=template,
        opens=scenario_of(template) if opens else None,
        timeout=timeout,
        record=Path(record) if record else None,
    )
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
