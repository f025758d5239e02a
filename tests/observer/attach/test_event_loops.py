"""Tests that the end of `asyncio.run()` is recognised by the frames of a thread."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rockproc.observer.attach.event_loops import closes_loop
from rockproc.observer.run.attached import AttachedRun

from .conftest import Start, look_until, rules


def frames(*names: str) -> Any:
    """The innermost frame first."""
    return [
        SimpleNamespace(function=name, code=SimpleNamespace(path=f"/lib/asyncio/{file}.py"))
        for name, _, file in (name.partition(" ") for name in names)
    ]


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (("select selectors", "BaseEventLoop.run_until_complete base_events", "Runner.close runners"), True),
        (("run_until_complete base_events", "_cancel_all_tasks runners", "Runner.close runners"), False),
        (("run_until_complete base_events", "Runner.run runners", "run runners"), False),
        (("run_until_complete base_events", "close program"), False),
        ((), False),
    ],
)
def test_the_end_of_asyncio_run(stack: tuple[str, ...], expected: bool) -> None:
    assert closes_loop(frames(*stack)) is expected


def test_what_a_loop_calls_at_a_signal_may_end_a_wait(start: Start) -> None:
    source = """
    import asyncio

    async def main(go):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, go.set)
        await loop.run_in_executor(None, go.wait)

    if __name__ == "__main__":
        asyncio.run(main(mp.Event()))
    """
    pid = start(source, "3.11")
    look_until(pid, lambda snapshot: any(wait.op == "wait" for process in snapshot.processes for wait in process.waits))
    run = AttachedRun(pid)
    found = run.read_verdict()
    run.stop()
    assert not rules(found), [finding.message for finding in found.findings]
