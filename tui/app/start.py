"""The start of the app from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rockproc.observer.scenarios.catalog import scenario_of
from rockproc.observer.scenarios.launch import Launch

from ..runtime import garbage_collection, typed_ahead
from ..screens import lazy_imports
from .application import RockprocApp

if TYPE_CHECKING:
    from rockproc.observer.recording.replay import Replay

    from ..run.run_protocol import RunProtocol

SWITCH_INTERVAL_SECONDS = 0.0005
"""The time after which the observer's thread yields to the screen's. A key passes four threads on its way from the
terminal and back; with Python's default it would wait five milliseconds before each."""


def show(
    template: Launch,
    *,
    opens: bool = False,
    timeout: float | None = None,
    record: str | None = None,
    save: str | None = None,
    save_last_bytes: int | None = None,
    replay: Replay | None = None,
) -> int:
    """Run the app and return its exit code. `save` is the file of the first run's recording."""
    garbage_collection.collect_rarely()
    places = [Path(save)] if save is not None else []
    app = RockprocApp(
        lambda launch: make_run(launch, places.pop() if places else None, save_last_bytes),
        template=template,
        opens=scenario_of(template) if opens else None,
        timeout=timeout,
        record=Path(record) if record else None,
        replay=replay,
    )
    return _run(app)


def _run(app: RockprocApp) -> int:
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    try:
        typed_ahead.end_by_exceptions()
        app.run()
    finally:
        app.stop_recording()
        app.stop_runs()
    return app.return_code or 0


def make_run(launch: Launch, save: Path | None = None, save_last_bytes: int | None = None) -> RunProtocol:
    """Make a run of a program, or one that attaches to it. Raises LaunchError where that cannot be done.

    Args:
        launch: what to start, or with its `pid` what to attach to.
        save: where what is seen is recorded.
        save_last_bytes: what the recording of a program that we start may hold at most.
    """
    if launch.pid is None:
        return lazy_imports.Run(launch, save=save, save_last_bytes=save_last_bytes if save is not None else None)
    from rockproc.observer.attach.attachment import AttachError
    from rockproc.observer.run.attached import AttachedRun
    from rockproc.observer.run.run import LaunchError

    try:
        run = AttachedRun(launch.pid, save=save)
        if launch.probe:
            run.read()
            run.load_probe()
        return run
    except AttachError as error:
        raise LaunchError(str(error)) from error
