"""The report keeps its keys, and its schema is documented as it is."""

from __future__ import annotations

import json
import math
from pathlib import Path

import msgspec
from rockproc.observer.model import (
    Channel,
    Process,
    RunState,
    SharedValue,
    Snapshot,
    State,
    Stream,
    UnobservedReason,
    Wait,
)
from rockproc.observer.model.keys import ChannelKey, ProcessKey, ValueKey
from rockproc.observer.report.data import report
from rockproc.observer.report.schema import Report, json_schema, to_json
from rockproc.observer.report.text import report_text
from rockproc.observer.scenarios.launch import Launch

DOCUMENT = Path(__file__).parents[3] / "docs/report-schema.json"


class Reported:
    exit_code: int | None = 0
    exit_signal: str | None = None
    launch = Launch("x.py")

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def totals(self) -> tuple[int, int, int]:
        return (3, 2, 0)

    def faults(self) -> list[str]:
        return []


def snapshot(*processes: Process, channels: tuple[Channel, ...] = (), values: tuple[SharedValue, ...] = ()) -> Snapshot:
    """Return a snapshot of these objects. The first process is the main one."""
    return Snapshot(
        RunState.ENDED,
        9.0,
        processes,
        channels,
        values,
        (),
        (),
        Stream(),
        Stream(),
        Stream(),
        {},
        Stream(),
        processes[0],
    )


def main(**fields: object) -> Process:
    return msgspec.convert(
        {
            "key": 1,
            "name": "main",
            "pid": 10,
            "role": "main",
            "probed": True,
            "state": "joined",
            "ended": 9.0,
            **fields,
        },
        Process,
    )


def test_the_documented_schema_is_the_schema() -> None:
    assert json.loads(DOCUMENT.read_text()) == json_schema(), "run: python docs/report_schema.py"


def test_a_report_fits_its_schema() -> None:
    data = to_json(report(Reported(snapshot(main()))))
    assert msgspec.convert(data, Report).processes[0].name == "main"
    assert data["processes"][0]["class"] is None


def test_a_process_reports_all_waits_and_its_memory() -> None:
    waits = (Wait("get", "tasks", 5, 1.5, None, 7), Wait("acquire", "lock", 6, 2.0, None, 8))
    waiting = Process(
        ProcessKey(2), "worker", pid=11, probed=True, state=State.WAITING, waits=waits, main_thread=7, rss=4096
    )
    reported = report(Reported(snapshot(main(), waiting))).processes[1]
    assert [(wait.op, wait.object, wait.main) for wait in reported.waits] == [
        ("get", "tasks", True),
        ("acquire", "lock", False),
    ]
    assert reported.rss == 4096


def test_a_wait_with_a_time_out_is_reported_as_one_whatever_the_kernel_was_asked() -> None:
    """The kernel is asked only from time to time, and only for a main thread."""
    waits = (Wait("get", "tasks", 5, 1.5, None, 7, timed=True), Wait("acquire", "lock", 6, 2.0, None, 8, timed=True))
    waiting = Process(ProcessKey(2), "worker", pid=11, probed=True, state=State.WAITING, waits=waits, main_thread=7)
    reported = report(Reported(snapshot(main(), waiting))).processes[1]
    assert [wait.timed for wait in reported.waits] == [True, True]


def test_a_count_that_may_be_incomplete_is_null() -> None:
    channels = (
        Channel(ChannelKey(5), "Queue", "tasks", put=5, shared_with_unobserved=(ProcessKey(3),)),
        Channel(ChannelKey(6), "Queue", "other", put=2),
    )
    stranger = Process(ProcessKey(3), "stranger", pid=12, role="program", unobserved=UnobservedReason.SUBPROCESS)
    made = report(Reported(snapshot(main(), stranger, channels=channels)))
    tasks, other = made.channels
    assert (tasks.put, tasks.got, tasks.depth, tasks.bytes) == (None, None, None, None)
    assert (other.put, other.depth) == (2, 2)
    coverage = made.coverage
    assert (coverage.observed, coverage.processes) == (1, 2)
    assert (coverage.unobserved[0].shares, coverage.unobserved[0].hides) == (["tasks"], True)
    text = report_text(made)
    assert "not observed: stranger (started by subprocess; use --follow, sharing tasks)" in text
    assert "put ?" in text


def test_an_unobserved_child_makes_all_counts_incomplete() -> None:
    child = Process(ProcessKey(3), "child", pid=12)
    made = report(Reported(snapshot(main(), child, channels=(Channel(ChannelKey(5), "Queue", "tasks", put=5),))))
    assert made.channels[0].put is None


def test_nan_and_infinity_are_valid_json() -> None:
    values = (SharedValue(ValueKey(7), "Array", "a", "double[2]", value=[math.nan, math.inf]),)
    data = to_json(report(Reported(snapshot(main(), values=values))))
    assert data["values"][0]["value"] == ["nan", "inf"]
    json.dumps(data, allow_nan=False)


def test_similar_processes_share_a_row_and_findings_come_first() -> None:
    workers = [
        Process(
            ProcessKey(9 + n),
            f"Process-{n}",
            pid=100 + n,
            probed=True,
            state=State.JOINED,
            started=n,
            ended=n + 1.0,
            exitcode=1,
        )
        for n in range(187)
    ]
    text = report_text(report(Reported(snapshot(main(), *workers))))
    (row,) = (line for line in text.splitlines() if "187 × Process" in line)
    assert "joined" in row
    assert "exit 1" in row
    assert "Process-12" not in text


def test_a_process_that_uses_no_cpu_is_not_said_to_run() -> None:
    busy = Process(ProcessKey(1), "main", pid=1, state=State.RUNNING, probed=True, cpu=99.0)
    still = Process(ProcessKey(2), "still", pid=2, state=State.RUNNING, probed=True, cpu=0.0)
    made = report(Reported(snapshot(busy, still)))
    assert [process.doing for process in made.processes] == ["running", "uses almost no CPU, in no observed call"]
