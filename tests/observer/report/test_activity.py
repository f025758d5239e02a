"""The lines about the processes at the time limit, and the advice of findings, repeat nothing."""

from __future__ import annotations

from msgspec.structs import replace
from rockproc.observer.model import Finding, Process, Severity, State, Verdict, Wait
from rockproc.observer.model.keys import ChannelKey, ProcessKey
from rockproc.observer.report import schema
from rockproc.observer.report.activity import activity, ended
from rockproc.observer.report.data import report
from rockproc.observer.report.text import with_advice

from tests.observer.report.test_schema import Reported, snapshot


def reported(*processes: Process, findings: tuple[Finding, ...] = ()) -> schema.Report:
    return report(Reported(replace(snapshot(*processes), findings=findings)))


def test_each_thread_that_waits_is_described_in_words() -> None:
    main = Process(ProcessKey(1), "main", pid=1, main_thread=1, state=State.WAITING, probed=True)
    queue = ChannelKey(5)
    main.waits = (
        Wait("flush", "rows", queue, 1.0, None, 1),
        Wait("feed", "rows", queue, 1.0, None, 2),
        Wait("get", "tasks", queue, 1.0, None, 3, timed=True),
        Wait("get", "tasks", queue, 1.0, None, 4, timed=True),
    )
    (process,) = reported(main).processes
    assert activity(process) == [
        "waits until the feeder thread of rows has written everything",
        "the feeder thread of rows waits until it can write",
        "another thread waits in get() of tasks, with a time-out",
    ]


def test_processes_that_ended_alike_are_one_text() -> None:
    codes = [1, 0, 1, 2, 1, 1, 1]
    people = [
        Process(ProcessKey(number), f"p{number}", pid=number, state=State.JOINED, ended=2.0, exitcode=code)
        for number, code in enumerate(codes, 1)
    ]
    assert ended(reported(*people).processes) == [
        "p1 (1), p3 (3), p5 (5) and 2 more: had ended, exit 1",
        "p4 (4): had ended, exit 2",
    ]


def test_an_advice_that_several_findings_share_is_said_once() -> None:
    first = Finding("zombie", Severity.INFO, Verdict.CERTAIN, "it is so", 1.0, advice="Join it")
    findings = tuple(replace(first, advice=advice) for advice in ("Join it", "Join it", "Wait", "Join it"))
    main = Process(ProcessKey(1), "main", pid=1)
    given = with_advice(reported(main, findings=findings).findings)
    assert [advice for _, advice in given] == ["", "Join it", "Wait", ""]
