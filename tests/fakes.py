"""A fake run with a fixed state: a main process and three workers at one moment."""

from __future__ import annotations

import pickle
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace
from rockproc.observer.kernel.stacks import ThreadStacks
from rockproc.observer.model import (
    Channel,
    Command,
    Finding,
    Hold,
    Intervention,
    Lock,
    Message,
    MessageEvent,
    OutputLine,
    Phase,
    Plan,
    Pool,
    Process,
    RunState,
    Severity,
    SharedValue,
    Site,
    Snapshot,
    State,
    StateInterval,
    Stream,
    TimelineMark,
    Verdict,
    Wait,
    Worker,
)
from rockproc.observer.model.keys import ChannelKey, LockKey, PoolKey, ProcessKey, ValueKey
from rockproc.observer.recording.history import History
from rockproc.observer.scenarios.launch import Launch

SCRIPT = "/tmp/lab/two_locks.py"
MAIN, ONE, TWO, THREE, FOUR = map(ProcessKey, range(1, 6))
TASKS, PIPE = ChannelKey(101), ChannelKey(102)
POOL, EXECUTOR = PoolKey(1 << 62 | 7), PoolKey(1 << 62 | 9)
COUNTER, GRID, POINTS = map(ValueKey, (201, 202, 203))
LOCK_A, LOCK_B, READY = map(LockKey, (301, 302, 303))


def processes(now: float = 12.4) -> tuple[Process, ...]:
    main = Process(
        MAIN,
        "main",
        pid=4121,
        role="main",
        state=State.WAITING,
        phase=Phase.RUN,
        created=0.0,
        started=0.0,
        main_thread=1,
        waits=(Wait("join", "worker-1", ONE, 9.0, Site(SCRIPT, 41), 1),),
        line=Site(SCRIPT, 41),
        probed=True,
        cpu=0.4,
        rss=11_500_000,
        threads=2,
    )

    def worker(key: ProcessKey, **changes: object) -> Process:
        number = key - 1
        base = Process(
            key,
            f"worker-{number}",
            pid=4124 + number,
            parent=4121,
            target="worker",
            args="first, second",
            start_method="fork",
            daemon=False,
            created=0.2,
            started=0.3 + number / 10,
            main_thread=1,
            site=Site(SCRIPT, 30 + number),
            probed=True,
            cpu=0.0,
            rss=10_200_000,
            threads=1,
        )
        return replace(base, **changes)  # type: ignore[arg-type]

    waits_b = Wait("acquire", "lock_b", LOCK_B, now - 2.1, Site(SCRIPT, 17), 1)
    waits_a = Wait("acquire", "lock_a", LOCK_A, now - 2.0, Site(SCRIPT, 17), 1)
    return (
        main,
        worker(ONE, state=State.WAITING, phase=Phase.RUN, waits=(waits_b,), line=Site(SCRIPT, 17)),
        worker(TWO, state=State.WAITING, phase=Phase.RUN, waits=(waits_a,), line=Site(SCRIPT, 17)),
        worker(THREE, state=State.ZOMBIE, signal="SIGTERM", exitcode=-15, ended=8.0, rss=None, cpu=None),
        Process(FOUR, "worker-4", parent=4121, state=State.CREATED, created=0.25, target="worker"),
    )


def messages() -> Stream[MessageEvent]:
    stream: Stream[MessageEvent] = Stream()
    for number in range(12):
        message = Message(TASKS, MAIN, put=1.0 + number / 4, sent=1.0004 + number / 4, size=42 + number)
        message.content = pickle.dumps({"job": number}).ljust(42 + number)
        stream.append(MessageEvent(message.put or 0, "put", MAIN, message))
        stream.append(MessageEvent(message.sent or 0, "sent", MAIN, message))
        if number < 9:
            receiver = (ONE, TWO)[number % 2]
            message.receiver, message.received = receiver, 1.0012 + number / 4
            stream.append(MessageEvent(message.received, "received", receiver, message))
    hostile = Message(
        PIPE, ONE, sent=5.0, size=50_000_000, content=b"\x1b[31mred\x1b]52;c;AAAA\x07 [bold]markup[/bold]"
    )
    stream.append(MessageEvent(5.0, "sent", ONE, hostile))
    hostile.receiver, hostile.received = MAIN, 5.25
    stream.append(MessageEvent(5.25, "received", MAIN, hostile))
    return stream


def output() -> Stream[OutputLine]:
    stream: Stream[OutputLine] = Stream(200_000)
    for at, pid, kind, text in (
        (0.5, 4125, "stdout", "took lock_a"),
        (0.6, 4126, "stdout", "took lock_b"),
        (0.7, 4127, "stderr", "Traceback (most recent call last):"),
        (0.8, 4121, "stdout", "\x1b[2J\x1b[31mnot red\x07 [red]not markup[/red]"),
        (0.9, 9999, "stdout", "from a child without a probe\t\u4e2d\u6587"),
        (1.0, None, "stderr", "bytes \udcff\udc80 and \u202eright to left"),
    ):
        stream.append(OutputLine(at, pid, kind, text))
    return stream


def spans(now: float) -> dict[ProcessKey, Stream[StateInterval]]:
    lanes: dict[ProcessKey, Stream[StateInterval]] = {}

    def lane(key: ProcessKey, *stretches: tuple[float, float | None, State, str]) -> None:
        lanes[key] = Stream()
        for begin, end, state, text in stretches:
            lanes[key].append(StateInterval(key, begin, end, state, text))

    lane(MAIN, (0.0, 2.0, State.RUNNING, ""), (2.0, None, State.WAITING, "join worker-1"))
    lane(
        ONE,
        (0.4, 3.0, State.RUNNING, ""),
        (3.0, 5.0, State.WAITING, "get tasks"),
        (5.0, now - 2.1, State.RUNNING, ""),
        (now - 2.1, None, State.WAITING, "acquire lock_b"),
    )
    lane(
        TWO,
        (0.5, 4.0, State.RUNNING, ""),
        (4.0, 6.0, State.STOPPED, ""),
        (6.0, now - 2.0, State.RUNNING, ""),
        (now - 2.0, None, State.WAITING, "acquire lock_a"),
    )
    lane(THREE, (0.6, 8.0, State.RUNNING, ""), (8.0, None, State.ZOMBIE, ""))
    return lanes


def snapshot(now: float = 12.4, **changes: object) -> Snapshot:
    """Return the world of a deadlock: worker-1 holds lock_a and wants lock_b, worker-2 the other way round."""
    people = processes(now)
    marks: Stream[TimelineMark] = Stream()
    marks.append(TimelineMark(0.4, "started", ONE))
    marks.append(TimelineMark(7.9, "signal", THREE, "SIGTERM"))
    marks.append(TimelineMark(8.0, "ended", THREE, "SIGTERM"))
    hold_a = Hold(ONE, 1, now - 2.2, Site(SCRIPT, 15))
    hold_b = Hold(TWO, 1, now - 2.2, Site(SCRIPT, 15))
    wait_a = Hold(TWO, 1, now - 2.0, Site(SCRIPT, 17))
    wait_b = Hold(ONE, 1, now - 2.1, Site(SCRIPT, 17))
    base = Snapshot(
        state=RunState.RUNNING,
        now=now,
        processes=people,
        channels=(
            Channel(TASKS, "Queue", "tasks", site=Site(SCRIPT, 25), put=12, got=9, buffered=1, bytes=570, rate=8_200.0),
            Channel(PIPE, "Pipe", "parent ⇄ child", ends=("parent", "child"), put=1, got=1, bytes=50_000_000),
        ),
        values=(
            SharedValue(
                COUNTER,
                "Value",
                "counter",
                "int",
                value=41,
                history=(1.0, 4.0, 9.0, 16.0, 20.0, 30.0, 41.0),
                changed=now - 5,
                reads=90,
                writes=41,
                writer=ONE,
                lock=LOCK_A,
                size=4,
            ),
            SharedValue(GRID, "Array", "grid", "double[40]", value=[(i % 8) * 1.5 for i in range(40)], size=320),
            SharedValue(
                POINTS,
                "Array",
                "points",
                "Point[3]",
                value=[{"x": 1.875, "y": -6.25}, {"x": -5.75, "y": 2.0}, {"x": 2.375, "y": 9.5}],
                size=48,
            ),
        ),
        locks=(
            Lock(LOCK_A, "Lock", "lock_a", holders=(hold_a,), waiters=(wait_a,), acquired=12, contended=3),
            Lock(LOCK_B, "Lock", "lock_b", holders=(hold_b,), waiters=(wait_b,), acquired=11, contended=2),
            Lock(READY, "Event", "ready", value=1, acquired=1),
        ),
        findings=(
            Finding(
                "deadlock",
                Severity.ERROR,
                Verdict.CERTAIN,
                "worker-1 holds lock_a and waits for lock_b; worker-2 holds lock_b and waits for lock_a.",
                now - 2.0,
                Site(SCRIPT, 17),
                (ONE, TWO),
                (LOCK_B, LOCK_A),
                advice="Terminate one of the two, or take the locks in the same order everywhere.",
            ),
        ),
        messages=messages(),
        output=output(),
        marks=marks,
        spans=spans(now),
        commands=Stream(),
        main=people[0],
        records_per_second=1_240.0,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def with_pools() -> Snapshot:
    """Return a world in which main waits for a Pool that has lost a task; its executor is broken."""
    pool = Pool(
        POOL,
        "Pool",
        "oven",
        Site(SCRIPT, 50),
        owner=MAIN,
        size=2,
        limit=3,
        workers=(
            Worker(ONE, "worker-1", running=2, task="bake('nut')", since=11.0, done=4),
            Worker(TWO, "worker-2", done=3, failed=1),
            Worker(THREE, "worker-3", alive=False, running=1, task="bake('plum')", since=5.0, done=1),
        ),
        employed=5,
        submitted=20,
        taken_up=12,
        done=8,
        failed=1,
        error="ValueError('\x1b[31mstone')",
    )
    executor = Pool(
        EXECUTOR, "ProcessPoolExecutor", "counters", Site(SCRIPT, 60), MAIN, 4, submitted=9, taken_up=4, ended="broken"
    )
    world = snapshot()
    main = replace(world.processes[0], waits=(Wait("result", "oven", POOL, 9.4, Site(SCRIPT, 55), 1),))
    return replace(world, pools=(pool, executor), processes=(main, *world.processes[1:]), main=main)


def nothing_yet() -> Snapshot:
    """Return the world at the time of the launch."""
    return Snapshot(
        RunState.STARTING, 0.0, (), (), (), (), (), Stream(), Stream(), Stream(), {}, Stream(), None
    )  # fmt: skip


class FakeRun:
    """A run that shows a given snapshot and records the requests that it gets."""

    made: list[FakeRun] = []
    recorded = False
    history: History | None = None
    first: Snapshot | None = None
    """The snapshot that a new run shows."""
    refuses: Exception | None = None
    looks = ThreadStacks(ProcessKey(0), 12.4, problem="there is nothing to see")
    """The stacks in place of those that py-spy would read."""

    def __init__(self, launch: Launch, *, inherit: bool = False, **_options: object) -> None:
        self.launch = launch
        self.inherit = inherit
        self.world = FakeRun.first or snapshot()
        self.ended = threading.Event()
        self.exit_code: int | None = None
        self.exit_signal: str | None = None
        self.started = False
        self.stopped = False
        self.looked_at: list[int] = []
        self.awaited: list[tuple[Snapshot, Callable[[], None]]] = []
        self.sent: list[tuple[int | None, int]] = []
        self.interventions: list[Intervention] = []
        FakeRun.made.append(self)

    def start(self) -> None:
        if FakeRun.refuses is not None:
            raise FakeRun.refuses
        self.started = True

    def snapshot(self) -> Snapshot:
        return self.world

    def signal(self, process_key: ProcessKey, number: int) -> Command:
        self.sent.append((process_key, number))
        process = self.world.process(process_key)
        name = signal.Signals(number).name
        if process is None or process.pid is None or not process.state.alive:
            return self._log(Command(self.world.now, f"os.kill(…, signal.{name})", "it has ended"))
        return self._log(Command(self.world.now, f"os.kill({process.pid}, signal.{name})  # {process.name}"))

    def plan(self, intervention: Intervention) -> Plan:
        return Plan(repr(intervention))

    def intervene(self, intervention: Intervention) -> Command:
        self.interventions.append(intervention)
        return self._log(Command(self.world.now, repr(intervention)))

    def signal_all(self, number: int) -> Command:
        self.sent.append((None, number))
        return self._log(Command(self.world.now, f"os.killpg(…, signal.{signal.Signals(number).name})"))

    def totals(self) -> tuple[int, int, int]:
        return 100, 3, 0

    def faults(self) -> list[str]:
        return []

    def await_news(self, known: Snapshot, notify: Callable[[], None]) -> None:
        self.awaited.append((known, notify))

    def save(self, path: Path) -> None:
        raise NotImplementedError

    def stacks(self, process_key: ProcessKey) -> ThreadStacks:
        self.looked_at.append(process_key)
        return replace(FakeRun.looks, process=process_key)

    def _log(self, command: Command) -> Command:
        self.world.commands.append(command)
        return command

    def stop(self) -> None:
        self.stopped = True
        self.world = replace(self.world, state=RunState.ENDED)
        self.ended.set()

    def end(self, code: int | None = 0, name: str | None = None) -> None:
        """Let the program end by itself."""
        self.exit_code, self.exit_signal = code, name
        self.world = replace(self.world, state=RunState.ENDED)
        self.ended.set()
