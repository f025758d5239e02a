"""The stack of the selected process is read in another thread and shown as text."""

from __future__ import annotations

import threading

import pytest
from rockproc.observer.kernel.stacks import FORBIDDEN, Frame, ThreadStack, ThreadStacks
from rockproc.observer.model import Site
from rockproc.observer.model.keys import ProcessKey
from rockproc.tui.app.application import RockprocApp
from rockproc.widgets.panels.stack import Stack

from tests.fakes import ONE, TWO, FakeRun
from tests.tui.conftest import run, settled, text_of

MAIN_THREAD = ThreadStack(
    "MainThread",
    1,
    active=False,
    gil=False,
    frames=(
        Frame("worker", Site("/tmp/lab/two_locks.py", 17), "second.acquire()"),
        Frame("<module>\x1b[31m", Site("/tmp/lab/t\x1b.py", 30), "[red]start()[/red]"),
    ),
    deeper=3,
)
OTHER = ThreadStack("QueueFeederThread", 2, active=True, gil=True, frames=())


@pytest.fixture(autouse=True)
def _one_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeRun, "looks", ThreadStacks(ProcessKey(0), 12.4, (MAIN_THREAD, OTHER)))


async def test_the_stack_of_the_selected_process_is_shown(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("b")
        await settled(pilot)
        text = text_of(lab_app)
        for part in (
            "Stack  worker-1 (4125) at 12.4s",
            "◌ MainThread  waits",
            "worker",
            "two_locks.py:17  second.acquire()",
            "<module>\\x1b[31m",
            "[red]start()[/red]",
            "… 3 more",
            "● QueueFeederThread  runs, holds the interpreter",
        ):
            assert part in text, part
        assert all(character.isprintable() for line in text.splitlines() for character in line)
        await pilot.press("b")
        await settled(pilot)
        assert run().looked_at == [ONE, ONE]
        await pilot.press("y")
        assert lab_app.clipboard.startswith("MainThread:\n")
        assert 'File "/tmp/lab/two_locks.py", line 17, in worker\n    second.acquire()' in lab_app.clipboard
        await pilot.press("escape", "down", "b")
        await settled(pilot)
        assert run().looked_at[-1] == TWO
        assert "worker-2 (4126)" in text_of(lab_app)


async def test_a_problem_with_the_stack_is_shown_in_the_panel(
    lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeRun, "looks", ThreadStacks(ProcessKey(0), 12.4, problem=FORBIDDEN))
    async with lab_app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("b")
        await settled(pilot)
        assert "The system forbids to look into it." in text_of(lab_app)


@pytest.mark.slow
async def test_the_screen_does_not_wait_for_the_stack(lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer, looking = threading.Event(), threading.Event()

    def slow(_run: FakeRun, key: int) -> ThreadStacks:
        looking.set()
        may_answer.wait(5)
        return ThreadStacks(ProcessKey(key), 12.4, (MAIN_THREAD,))

    monkeypatch.setattr(FakeRun, "stacks", slow)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("b")
        await pilot.pause()
        assert looking.wait(5)
        assert "Reading the stack of worker-1 (4125)…" in text_of(lab_app)
        await pilot.press("escape", "6", "b", "escape", "escape")
        may_answer.set()
        await settled(pilot)
        assert lab_app.is_running
        assert not lab_app.query(Stack)
