"""What an event loop of asyncio does, by the frames of its thread."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rockproc.observer.attach.event_loops import closes_loop


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
