"""A program of any length must be observed with limited memory, and without losing counts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from rockproc.observer.model import (
    Access,
    Finding,
    Hold,
    Lock,
    Process,
    Severity,
    State,
    Stream,
    Verdict,
    World,
)
from rockproc.observer.model.keys import ChannelKey, LockKey, ProcessKey, ValueKey
from rockproc.observer.recording.block_file import BlockFile
from rockproc.observer.recording.format import End, Head
from rockproc.observer.recording.recorder import Recorder
from rockproc.observer.recording.replay import Replay
from rockproc.observer.report.data import report
from rockproc.observer.report.text import report_text
from rockproc.observer.scenarios.launch import Launch
from rockproc.observer.trackers import retention
from rockproc.probe import records
from rockproc.probe.layout import CellKind, Op
from rockproc.probe.records import Bootstrap, Channel, Handle, Reaped, Sent, Started, Value, message_identity

from tests.observer.journals import Invented, Written

MOST, MORE = 20, 5
MAIN = 100


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MAX_OBJECTS", MOST)
    monkeypatch.setattr(retention, "_MAX_EXCESS_OBJECTS", MORE)


class Factory(Invented):
    """A main process that starts children one after the other, each with a Queue, a Lock and a Value of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.main = self.process(MAIN)
        self.observer.process_tracker.main_started(MAIN, 0.0, "main")
        self.made = 0

    def child(self, parent: Written | None = None) -> tuple[int, Written]:
        """Return the number of the child's handle, and its journal."""
        self.made += 1
        parent = parent or self.main
        pid, handle = MAIN + self.made, parent.pid << 32 | self.made
        parent.record(Handle(False, f"c{self.made}", "Process", "f", "()", "fork"), handle, site=7)
        parent.record(Started(pid, "fork"), handle)
        child = self.process(pid, parent.pid, "fork")
        child.record(Bootstrap(f"c{self.made}"), handle)
        return handle, child

    def use(self, child: Written) -> None:
        queue, inner, lock, value = (self.made * 10 + number for number in range(4))
        child.record(Channel(0, 0, "Queue", "", "", ""), queue)
        child.record(records.Lock(1, 0, "Lock", "queues.x"), inner)
        child.record(records.Lock(1, 0, "Lock", ""), lock)
        child.record(Value(0, 4, "Value", "int", "i"), value)
        child.record(Sent(3, message_identity(1, 8), b"one"), queue, site=7)
        child.cell(0, queue, CellKind.CHANNEL, first=5, third=5)
        child.cell(1, inner, CellKind.LOCK, first=5, third=5)
        child.cell(2, lock, CellKind.LOCK, first=4, third=4)
        child.cell(3, value, CellKind.VALUE, first=3)

    def end(self, child: Written, parent: Written | None = None) -> None:
        (parent or self.main).record(Reaped(child.pid, 0))

    def pass_on(self, count: int) -> None:
        """Start and end many short-lived children, and let the journal of each be retired."""
        for _ in range(count):
            _, child = self.child()
            self.use(child)
            self.look(0.01)
            self.end(child)
            child.close()
        self.look()
        self.look(1.1)
        self.look()


@pytest.fixture
def factory(tmp_path: Path) -> Iterator[Factory]:
    factory = Factory(tmp_path)
    yield factory
    factory.observer.close()


def sizes(program: Invented) -> dict[str, int]:
    """Return the length of each collection in the world, apart from streams."""
    world = program.observer.world
    names = ("processes", "channels", "values", "locks", "spans", "findings")
    return {name: len(getattr(world, name)) for name in names}


def test_the_newest_of_many_ended_objects_are_kept(factory: Factory) -> None:
    factory.pass_on(80)
    assert not [name for name, size in sizes(factory).items() if size > MOST + MORE + 2]
    world = factory.observer.world
    assert {"main", f"c{factory.made}"} <= {process.name for process in world.processes.values()}
    assert "c1" not in {process.name for process in world.processes.values()}
    assert world.forgotten.processes + len(world.processes) == 81
    for name in ("channels", "values", "locks"):
        assert getattr(world.forgotten, name) + len(getattr(world, name)) == 80, name


@pytest.mark.slow
def test_memory_does_not_grow_with_ended_processes(factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test counts all objects of our classes."""

    def count() -> int:
        observer = factory.observer
        observer.new_pids.clear()
        gc.collect()
        seen = {id(observer)}
        front: list[object] = [observer]
        while front:
            found = [
                referent
                for referent in gc.get_referents(*front)
                if id(referent) not in seen and not isinstance(referent, type)
            ]
            front = []
            for item in found:
                if id(item) not in seen and not hasattr(item, "__globals__") and type(item).__name__ != "module":
                    seen.add(id(item))
                    front.append(item)
        return len(seen)

    monkeypatch.setattr(retention, "_MAX_EXCESS_OBJECTS", 0)
    world = factory.observer.world
    world.messages, world.marks = Stream(1), Stream(1)
    factory.pass_on(50)
    before = count()
    factory.pass_on(80)
    more = count() - before
    assert more < 40, more


def test_counts_stay_exact_when_objects_are_dropped(factory: Factory) -> None:
    factory.pass_on(80)
    world, observer = factory.observer.world, factory.observer
    counted = world.forgotten.operations + sum(process.operations for process in world.processes.values())
    assert counted == 80 * (10 + 10 + 8 + 3)
    written, sampled, dropped = observer.totals()
    assert written == 80 * 11 + 2
    assert sampled == counted - 80
    assert dropped == 0
    last = max(world.channels)
    assert (
        world.channels[last].put,
        world.locks[LockKey(last + 2)].acquired,
        world.values[ValueKey(last + 3)].reads,
    ) == (5, 4, 3)


def test_living_processes_and_their_ancestors_are_kept(factory: Factory) -> None:
    _, parent = factory.child()
    factory.use(parent)
    handle, child = factory.child(parent)
    factory.use(child)
    main_key_count = factory.made * 10
    factory.end(parent)
    factory.pass_on(60)
    world = factory.observer.world
    names = {process.name for process in world.processes.values()}
    assert {"c1", "c2"} <= names
    assert "c3" not in names
    assert world.processes[ProcessKey(handle)].state is State.RUNNING
    assert main_key_count in world.channels
    child.cell(0, main_key_count, CellKind.CHANNEL, first=9, third=9)
    factory.look()
    assert world.channels[ChannelKey(main_key_count)].put == 9


def test_objects_of_findings_are_kept(factory: Factory) -> None:
    handle, child = factory.child()
    factory.use(child)
    lock = factory.made * 10 + 2
    child.cell(2, lock, CellKind.LOCK, first=5, third=4)
    factory.main.cell(3, lock, CellKind.LOCK, first=1, third=1)  # which may want it again
    factory.look()
    factory.end(child)
    factory.look()
    world = factory.observer.world
    main = world.processes[world.main or ProcessKey(0)]
    world.access.setdefault(lock, Access()).users.add((main.key, 1))
    factory.observer.find()
    factory.pass_on(60)
    world.access.setdefault(lock, Access()).users.add((main.key, 1))
    factory.observer.find()
    world = factory.observer.world
    (finding,) = [finding for finding in world.findings.values() if finding.rule == "holder-died"]
    assert finding.active
    assert handle in world.processes
    assert world.locks[LockKey(lock)].holders


def test_the_number_of_inactive_findings_is_bounded(factory: Factory) -> None:
    world = factory.observer.world
    for number in range(100):
        found = Finding(
            "zombie", Severity.INFO, Verdict.CERTAIN, "x", 0.0, processes=(ProcessKey(number),), active=number == 3
        )
        world.findings[found.key] = found
    factory.look(1.1)
    assert len(world.findings) == MOST + 1
    assert world.forgotten.findings == 100 - MOST - 1
    assert next(iter(world.findings.values())).active


def test_a_fault_is_reported_when_its_process_was_dropped(factory: Factory) -> None:
    _, child = factory.child()
    factory.use(child)
    factory.look()
    process = next(process for process in factory.observer.world.processes.values() if process.name == "c1")
    factory.end(child)
    factory.look(1.1)
    factory.look(1.1)
    process.faults, process.fault = 2, "ValueError"
    factory.pass_on(60)
    factory.observer.find()
    assert "c1" not in {process.name for process in factory.observer.world.processes.values()}
    assert factory.observer.faults() == ["c1: ValueError"]
    assert "2 errors" in next(iter(factory.observer.world.findings.values())).message


def test_a_lock_with_waiters_is_kept(factory: Factory) -> None:
    factory.main.record(records.Lock(1, 0, "Lock", ""), 3)
    factory.main.cell(0, 3, CellKind.WAIT, op=Op.ACQUIRE)
    factory.pass_on(60)
    assert 3 in factory.observer.world.locks


class Reported:
    exit_code: int | None = 0
    exit_signal: str | None = None
    launch = Launch("x.py")

    def __init__(self, factory: Factory) -> None:
        self.snapshot, self.totals = factory.observer.snapshot, factory.observer.totals
        self.faults = factory.observer.faults


def test_report_and_recording_count_dropped_objects(factory: Factory, tmp_path: Path) -> None:
    path = tmp_path / "x.rockproc"
    recorder = Recorder(BlockFile.write(path), Head(script="x.py"))
    for _ in range(4):
        factory.pass_on(20)
        recorder.take(factory.observer.snapshot())
    recorder.finish(End(at=factory.now))
    summary, replay = report(Reported(factory)), Replay(path)
    forgotten = factory.observer.world.forgotten
    assert summary.forgotten["processes"] == forgotten.processes > 30
    assert f"not listed: {forgotten.processes} processes, {forgotten.channels} queues and pipes" in report_text(summary)
    assert replay.snapshot().forgotten == forgotten
    assert len(replay.snapshot().processes) == len(factory.observer.world.processes)


def test_processes_with_unread_journals_or_locks_are_kept() -> None:
    world = World()
    for key in map(ProcessKey, range(1, 3 * MOST)):
        world.processes[key] = Process(key, f"c{key}", pid=key, state=State.JOINED, ended=1.0)
    unread, holding, neither = map(ProcessKey, (1, 2, 3))
    world.locks[LockKey(70)] = Lock(LockKey(70), "Lock", "lock", holders=(Hold(holding, 1, 0.5, None),))
    retention.Retention(world).drop_oldest({unread}, {70})
    assert {unread, holding} <= world.processes.keys()
    assert neither not in world.processes


def test_an_object_that_a_finding_is_about_is_kept() -> None:
    world = World()
    for key in range(1, MOST + MORE + 2):
        world.locks[LockKey(key)] = Lock(LockKey(key), "Lock", f"lock {key}", None)
    finding = Finding("invented", Severity.INFO, Verdict.CERTAIN, "", at=0.0, objects=(1,))
    world.findings[finding.key] = finding
    retention.Retention(world).drop_oldest(set(), set())
    assert LockKey(1) in world.locks
    assert LockKey(2) not in world.locks
