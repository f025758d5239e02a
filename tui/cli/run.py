"""`rockproc-tui run` and `rockproc-tui check`: a run without a screen."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from math import inf
from pathlib import Path
from typing import Any

from rockproc.observer.recording.format import MAGIC
from rockproc.observer.report.data import report
from rockproc.observer.report.text import report_text, rule, waits
from rockproc.observer.run.run import LaunchError, Run
from rockproc.observer.scenarios.launch import Launch

from ..runtime import garbage_collection
from .main import JSON, Options, UsageError, launch_of, writable
from .signal_origin import Asked, told_apart

TIMED_OUT = 124
STUCK = -1
"""In the place of an exit status: `check` has ended it."""
LINGER = 1.0
"""Seconds that the program's other processes have after the main one."""
LOOK = 0.2
"""Seconds between two looks for what may end the run besides its end."""
CERTAIN = 2.0
"""Seconds for which a proven deadlock must stand before `check` ends the run."""


def main(options: Options) -> int:
    garbage_collection.collect_rarely()
    return check(options) if options.command == "check" else run(options)


def run(options: Options) -> int:
    """Runs it; the exit status is the program's."""
    launch = launch_of(options, options.files[0], options.args)
    if options.report is not None:
        writable("--report", options.report, JSON)
    if options.save is not None:
        writable("--save", options.save, MAGIC)
    save = Path(options.save) if options.save is not None else None
    run = Run(launch, inherit=True, stdout_to_stderr=options.json, save=save)
    status, data = _watched(run, options.timeout)
    if options.report is not None:
        Path(options.report).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    if options.json:
        print(json.dumps(data, indent=2))
    else:
        with contextlib.suppress(BrokenPipeError):
            print(report_text(data), file=sys.stderr)
    return status


def check(options: Options) -> int:
    """Runs each; 1 if one has a finding of severity error."""
    launches = [launch_of(options, name, options.args) for name in options.files]
    bad = False
    for launch in launches:
        run = Run(launch, inherit=True)
        status, data = _watched(run, options.timeout, until_certain=True)
        errors = _told(launch, data, status)
        bad = bad or errors
    return 1 if bad else 0


def _told(launch: Launch, data: dict[str, Any], status: int) -> bool:
    """Prints what was found; whether an error was."""
    findings: list[dict[str, Any]] = data["findings"]
    for finding in findings:
        site = f" ({finding['site']})" if finding["site"] else ""
        _line(f"{launch.script}: {finding['severity']}: {rule(finding)}: {finding['message']}{site}")
    errors = sum(finding["severity"] == "error" for finding in findings)
    if status == TIMED_OUT:
        for name, what, site in waits(data):
            _line(f"{launch.script}: {name} waited: {what}{f' ({site})' if site else ''}")
    ending = {TIMED_OUT: "it was ended at the timeout", STUCK: "it was ended, since it could not go on"}.get(
        status, f"exit status {status}"
    )
    verdict = f"{errors} error{'' if errors == 1 else 's'}" if errors else "no error found"
    print(f"{launch.script}: {verdict}, {ending}", file=sys.stderr)
    return bool(errors)


def _line(text: str) -> None:
    """Names may hold anything, and each is told in one line."""
    print(" ".join(text.split()), file=sys.stderr)


def _watched(run: Run, timeout: float | None, *, until_certain: bool = False) -> tuple[int, dict[str, Any]]:
    """Waits for its end. The exit status of the program as a shell gives it, and the report.

    What is left is ended only after the report is made: no death in it is our doing.
    """
    with told_apart(run.has) as asked:
        try:
            run.start()
        except LaunchError as error:
            raise UsageError(str(error)) from error
        try:
            in_time = _wait(run, asked, timeout, until_certain)
            ended = run.main_ended.is_set()
            if in_time and ended:
                run.ended.wait(LINGER)
            if asked.number:
                status = 128 + asked.number
            elif not in_time:
                status = TIMED_OUT
            else:
                status = _status(run.exit_code) if ended else STUCK
        finally:
            data = report(run)
            run.stop()
    return status, data


def _status(code: int | None) -> int:
    if code is None:
        return 1
    return 128 - code if code < 0 else code


def _wait(run: Run, asked: Asked, timeout: float | None, until_certain: bool) -> bool:
    """False when the time was up. Ctrl+C reaches the program as well: it is the program that decides."""
    deadline = time.monotonic() + (inf if timeout is None else timeout)
    interrupts = 0
    since: float | None = None
    while True:
        try:
            now = time.monotonic()
            if now >= deadline:
                return run.main_ended.is_set()
            if run.main_ended.wait(min(LOOK, deadline - now)) or asked.number:
                return True
            if until_certain:
                since = (since or now) if _stuck(run) else None
                if since is not None and now - since >= CERTAIN:
                    return True
        except KeyboardInterrupt:
            interrupts += 1
            if interrupts > 1:
                asked.number = asked.number or signal.SIGINT
                return True


def _stuck(run: Run) -> bool:
    return any(
        finding.active and finding.severity == "error" and finding.verdict != "suspected"
        for finding in run.snapshot().findings
    )
