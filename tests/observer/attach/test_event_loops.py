"""Tests that the end of `asyncio.run()` and of a main thread is recognised by the frames of a thread."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rockproc.observer.attach.event_loops import is_over
from rockproc.observer.run.attached import AttachedRun

from .conftest import Start, look_until, rules


def frames(*names: str) -> Any:
    """Return frames, the innermost first."""
    return [
        SimpleNamespace(function=name, code=SimpleNamespace(path=f"/lib/{file}.py"))
        for name, _, file in (name.partition(" ") for name in names)
    ]


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (
            (
                "select selectors",
                "BaseEventLoop.run_until_complete asyncio/base_events",
                "Runner.close asyncio/runners",
            ),
            True,
        ),
        (
            (
                "run_until_complete asyncio/base_events",
                "_cancel_all_tasks asyncio/runners",
                "Runner.close asyncio/runners",
            ),
            False,
        ),
        (("run_until_complete asyncio/base_events", "Runner.run asyncio/runners", "run asyncio/runners"), False),
        (("run_until_complete asyncio/base_events", "close program"), False),
        (("Thread.join threading", "_python_exit concurrent/futures/thread"), True),
        (("Thread.join threading", "_python_exit concurrent/futures/thread", "_shutdown threading"), True),
        (("Thread.join threading", "_shutdown server"), False),
        (("_shutdown threading", "<module> program"), False),
        ((), False),
    ],
)
def test_the_end_of_the_code_of_a_thread(stack: tuple[str, ...], expected: bool) -> None:
    assert is_over(frames(*stack)) is expected


def test_a_signal_handler_of_an_event_loop_may_end_a_wait(start: Start) -> None:
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
