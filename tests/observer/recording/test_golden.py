"""Recordings of released versions stay readable, and say the same as the reports that were written with them.

The files were written by rockproc-tui 0.1.0 from the programs beside them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from rockproc.observer.exports import EXPORTS
from rockproc.observer.model import State
from rockproc.observer.recording import conversion, schema
from rockproc.observer.recording.replay import Replay
from rockproc.observer.report.data import report
from rockproc.observer.report.schema import to_json

GOLDEN = Path(__file__).parent / "golden"
CHANGED_KEYS = {
    *("waits", "state", "ended_s", "joined_s", "exitcode", "signal", "active", "duration_s"),
    *("holder", "holders", "waiters", "faults", "mend"),
}
"""Keys that contain more today, and those that changed when the run was ended, after the report was made."""


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """Return the places at which something of the old report is missing or different in the new one."""
    if isinstance(old, dict):
        known = cast("dict[str, Any]", old)
        return [
            problem
            for key, value in known.items()
            if key not in CHANGED_KEYS
            for problem in differences(value, new.get(key, "missing"), f"{where}.{key}")
        ]
    if isinstance(old, list):
        items = cast("list[Any]", old)
        assert len(items) == len(new), where
        return [
            problem
            for index, item in enumerate(items)
            for problem in differences(item, new[index], f"{where}[{index}]")
        ]
    return [] if old == new else [f"{where}: {old!r} and {new!r}"]


@pytest.mark.parametrize("name", ["everything", "short"])
def test_a_recording_of_0_1_says_what_its_report_says(name: str) -> None:
    replay = Replay(GOLDEN / f"{name}.rockproc")
    assert not replay.damage
    old = json.loads((GOLDEN / f"{name}.json").read_text())
    if old["exit"] == {"code": None, "signal": None}:  # it was ended after the report
        del old["exit"]
    assert not differences(old, to_json(report(replay)))


def test_the_waits_and_the_advice_of_a_recording_of_0_1() -> None:
    replay = Replay(GOLDEN / "everything.rockproc")
    assert replay.history is not None
    last = replay.history.at(8.0)
    waits = {process.name: [(wait.op, wait.object) for wait in process.waits] for process in last.processes}
    assert waits["Process-6"] == [("acquire", "b")]
    assert waits["Process-7"] == [("acquire", "a")]
    (deadlock,) = (finding for finding in last.findings if finding.rule == "deadlock")
    assert deadlock.advice == "Take the locks in the same order everywhere"
    (locks,) = ([lock for lock in last.locks if lock.name == "a"],)
    assert [hold.process for hold in locks[0].holders] == [deadlock.processes[0]]
    main, fork = last.main, next(process for process in last.processes if process.role == "fork")
    assert main is not None
    assert main.known_only_by_pid
    assert fork.known_only_by_pid
    assert fork.state is State.GONE
    assert next(value for value in last.values if value.name == "number").value == 41


@pytest.mark.parametrize("kind", sorted(EXPORTS))
def test_a_recording_of_0_1_can_be_exported(kind: str) -> None:
    text = "".join(EXPORTS[kind](Replay(GOLDEN / "everything.rockproc")))
    assert "Process-6" in text


def test_unchanged_objects_keep_their_identity() -> None:
    replay = Replay(GOLDEN / "everything.rockproc")
    assert replay.history is not None
    before, after = replay.history.at(6.0), replay.history.at(6.01)
    assert before.channels
    assert all(one is other for one, other in zip(before.channels, after.channels, strict=True))


def test_every_field_of_the_model_has_a_place_in_the_file() -> None:
    nested = conversion.WAIT, conversion.WORKER, conversion.HOLD, conversion.MARK, conversion.INTERVAL
    others = conversion.FINDING, conversion.FORGOTTEN, conversion.COMMAND, conversion.OUTPUT_LINE
    kinds = [*conversion.COLLECTIONS.values(), *nested, *others]
    assert not [kind.without_a_place for kind in kinds if kind.without_a_place]


def test_a_finding_of_0_1_has_the_present_name_of_its_rule() -> None:
    old = schema.Finding("rockproc", "warning", "certain", "rockproc had an error of its own", 1.0)
    assert conversion.FINDING.read(old).rule == "internal-error"
