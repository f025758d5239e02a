"""Each intervention reaches a real program under each start method, and is noted as an act of the user."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rockproc.observer.kernel.semaphores import Semaphore, Unreachable
from rockproc.observer.model import (
    USER,
    AcquireLock,
    ClearEvent,
    DropItem,
    Intervention,
    Process,
    PutItem,
    ReleaseLock,
    SetEvent,
    SetValue,
    State,
)
from rockproc.observer.run.offers import offers
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.observer.conftest import wait_until
from tests.probe.conftest import PYTHONS, python

VERSIONS = ("3.8", "3.13", "3.14", "3.15")
PROGRAM = Path(__file__).parent / "programs" / "waits_for_the_user.py"
HERE = f"3.{sys.version_info.minor}"
QUICK = HERE, "fork"
"""The version of CPython and the start method that every run of the tests tries."""
PLACES = [
    pytest.param(
        (version, method), id=f"{version}-{method}", marks=() if (version, method) == QUICK else pytest.mark.slow
    )
    for version in dict.fromkeys((HERE, *(version for version in VERSIONS if version in PYTHONS)))
    for method in ("fork", "spawn", "forkserver")
]
IN_ONE_PLACE = pytest.mark.parametrize("run", [QUICK], indirect=True, ids=["-".join(QUICK)])
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may open a semaphore that has no name")


@pytest.fixture(params=PLACES)
def run(request: pytest.FixtureRequest, mark: str) -> Iterator[Run]:  # noqa: ARG001
    version, method = request.param
    run = Run(Launch(str(PROGRAM), (), python(version), method))
    run.start()
    yield run
    run.stop()


def key(run: Run, name: str) -> Any:
    """Return the key of an object of any kind, once it is known."""
    found: list[int] = []

    def known() -> bool:
        snapshot = run.snapshot()
        objects = (*snapshot.values, *snapshot.channels, *snapshot.locks)
        found.extend(item.key for item in objects if name in (item.name, *(getattr(item, "ends", None) or ())))
        return bool(found)

    wait_until(known)
    return found[0]


def worker(run: Run) -> Process:
    return next(process for process in run.snapshot().processes if process.name == "worker")


def has_printed(run: Run, line: str) -> bool:
    return any(item.text == line for item in run.snapshot().output.since(0)[1])


def until_it_waits(run: Run, op: str) -> None:
    def waits() -> bool:
        found = [process for process in run.snapshot().processes if process.name == "worker"]
        return bool(found) and any(wait.op == op for wait in found[0].waits)

    wait_until(waits)


def does(run: Run, intervention: Intervention, python: str, printed: str = "", comment: str = "") -> None:
    """Do an intervention, and wait for what the program prints then. `comment` is added to its Python."""
    assert run.plan(intervention).python == python
    assert run.plan(intervention).refusal == ""
    command = run.intervene(intervention)
    assert (command.python, command.result) == (python + comment, "")
    if printed:
        wait_until(lambda: has_printed(run, printed))


@NEEDS_ROOT
def test_each_intervention(run: Run) -> None:
    until_it_waits(run, "wait")
    gate, grid, point = key(run, "gate"), key(run, "grid"), key(run, "point")

    does(run, SetValue(key(run, "counter"), ".value = 41"), "counter.value = 41")
    does(run, SetValue(grid, "[1] = 2.5"), "grid[1] = 2.5")
    does(run, SetValue(point, ".x = -1"), "point.x = -1")
    does(run, SetValue(key(run, "name"), ".value = b'you'"), "name.value = b'you'")
    does(run, SetValue(key(run, "raw"), ".value = -7"), "raw.value = -7")
    does(run, AcquireLock(gate), "gate.acquire(block=False)")
    assert "not free" in run.intervene(AcquireLock(gate)).result

    does(run, SetEvent(key(run, "ready")), "ready.set()", "ready")
    until_it_waits(run, "acquire")
    does(run, ClearEvent(key(run, "ready")), "ready.clear()")
    does(run, ReleaseLock(key(run, "permits")), "permits.release()", "permit")
    until_it_waits(run, "get")
    does(run, PutItem(key(run, "inbox"), "{'a': [1, None]}"), "inbox.put({'a': [1, None]}, block=False)")
    wait_until(lambda: has_printed(run, "inbox {'a': [1, None]}"))
    does(run, PutItem(key(run, "simple"), "'x'"), "simple.put('x')", "simple x")
    does(run, DropItem(key(run, "drops")), "drops.get(block=False)", comment="  # 'first'")
    does(run, PutItem(key(run, "jobs"), "3"), "jobs.put(3, block=False)", "jobs 3")
    does(run, PutItem(key(run, "ours"), "4", 1), "theirs.send(4)", "duplex 4")
    does(run, PutItem(key(run, "reading"), "(5,)"), "writing.send((5,))", "one way (5,)")
    wait_until(lambda: has_printed(run, "dropped to second"))

    until_it_waits(run, "acquire")
    lock = next(lock for lock in run.snapshot().locks if lock.key == gate)
    assert [hold.process for hold in lock.holders] == [USER]
    wait_until(lambda: run.snapshot().now > worker(run).waits[0].since + 1.0)
    assert not [
        finding for finding in run.snapshot().findings if finding.active and gate in finding.objects
    ]  # the user can end it
    does(run, ReleaseLock(gate), "gate.release()", "gate False")
    wait_until(run.ended.is_set)

    snapshot = run.snapshot()
    assert has_printed(run, "values 41 [0.0, 2.5, 0.0] -1.0 b'you' -7")
    assert run.exit_code == 0
    depths = {channel.name: channel.depth for channel in snapshot.channels}
    assert depths["inbox"] == depths["simple"] == depths["jobs"] == depths["drops"] == 0
    marks = [mark.text for mark in snapshot.marks.since(0)[1] if mark.kind == "user"]
    done = [command.python for command in snapshot.commands.since(0)[1] if not command.result]
    assert marks == done
    assert "jobs.put(3, block=False)" in marks
    assert any(event.process == USER and event.op == "sent" for event in snapshot.messages.since(0)[1])
    counter = next(value for value in snapshot.values if value.name == "counter")
    assert (counter.writer, counter.writes, counter.unseen) == (USER, 1, False)
    history = run.history
    assert history is not None
    assert [item.python for item in history.at(snapshot.now).commands.since(0)[1] if not item.result] == done


@NEEDS_ROOT
@IN_ONE_PLACE
def test_an_impossible_intervention_is_refused_with_the_reason(run: Run) -> None:
    until_it_waits(run, "wait")
    wait_until(lambda: next(channel for channel in run.snapshot().channels if channel.name == "drops").depth == 2)
    for intervention, reason in (
        (SetValue(key(run, "counter"), ".value = 1.5"), "It holds an int"),
        (SetValue(key(run, "counter"), ".value = 1 << 40"), "literal"),
        (SetValue(key(run, "counter"), ".value = 1099511627776"), "does not fit into its 32 bits"),
        (SetValue(key(run, "grid"), "[3] = 1"), "the last one is [2]"),
        (SetValue(key(run, "point"), ".z = 1"), "no field z"),
        (SetValue(key(run, "grid"), "[0 = 1"), "not valid Python"),
        (SetValue(key(run, "grid"), "; import os"), "one assignment"),
        (SetValue(key(run, "grid"), "[print()] = 1"), "An index is a number"),
        (ReleaseLock(key(run, "gate")), "too many times"),
        (AcquireLock(key(run, "permits")), "not free"),
        (PutItem(key(run, "inbox"), "open('x')"), "literal"),
        (PutItem(key(run, "inbox"), f"'{'x' * 5000}'"), "in one piece"),
        (DropItem(key(run, "inbox")), "is empty"),
        (DropItem(key(run, "ours")), "a Pipe has no lock"),
    ):
        assert reason in run.plan(intervention).refusal
        assert reason in run.intervene(intervention).result
    assert run.signal(worker(run).key, signal.SIGSTOP).result == ""
    wait_until(lambda: worker(run).state is State.STOPPED)
    assert "frozen" in run.intervene(SetEvent(key(run, "ready"))).result
    assert not has_printed(run, "ready")
    assert not [mark for mark in run.snapshot().marks.since(0)[1] if mark.kind == "user"]


@IN_ONE_PLACE
def test_each_object_offers_its_interventions(run: Run) -> None:
    until_it_waits(run, "wait")
    texts = {f"{offer.name}{offer.python}" for offer in offers(run.snapshot())}
    assert {
        "counter.value = …",
        "grid[0] = …",
        "point.x = …",
        "name.value = …",
        "inbox.put(…)",
        "inbox.get(block=False)",
        "ours.send(…)",
        "theirs.send(…)",
        "writing.send(…)",
        "ready.set()",
        "ready.clear()",
        "gate.acquire(block=False)",
        "permits.release()",
    } <= texts
    assert "reading.send(…)" not in texts


@IN_ONE_PLACE
def test_an_inaccessible_semaphore_is_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(pid: int, address: int) -> Semaphore:
        raise Unreachable(f"only root may open {address} of {pid}")

    monkeypatch.setattr("rockproc.observer.trackers.semaphores.open_semaphore", refused)
    until_it_waits(run, "wait")
    does(run, SetValue(key(run, "counter"), ".value = 2"), "counter.get_obj().value = 2")
    for intervention in (
        SetEvent(key(run, "ready")),
        AcquireLock(key(run, "gate")),
        PutItem(key(run, "inbox"), "1"),
    ):
        assert "only root" in run.plan(intervention).refusal
        assert "only root" in run.intervene(intervention).result
