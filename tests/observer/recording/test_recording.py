"""Recordings contain the state of the run at every moment, and files of other kinds are rejected."""

from __future__ import annotations

import random
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec.structs import replace
from rockproc.observer.model import (
    OBJECTS as KEYED,
)
from rockproc.observer.model import (
    Channel,
    Finding,
    Message,
    MessageEvent,
    OutputLine,
    Process,
    RunState,
    Severity,
    SharedValue,
    Snapshot,
    State,
    StateInterval,
    Stream,
    ThreadChange,
    TimelineMark,
    Verdict,
    World,
)
from rockproc.observer.model.keys import ChannelKey, ProcessKey, ValueKey
from rockproc.observer.recording import format, jumps
from rockproc.observer.recording import history as moments_module
from rockproc.observer.recording.block_file import BlockFile
from rockproc.observer.recording.format import BLOCK, DELTAS, FIRST_LINE, HEAD, Delta, End, Head, RecordingError, encode
from rockproc.observer.recording.history import History, Lanes, Pending
from rockproc.observer.recording.recorder import Recorder
from rockproc.observer.recording.replay import Replay
from rockproc.observer.run.observer import SETTLING_SECONDS, Observer
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.observer.conftest import wait_until
from tests.parameters import fast_first

MAIN, TASKS = ProcessKey(1), ChannelKey(9)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a busy machine enough time to find all messages of a moment."""
    monkeypatch.setattr(moments_module, "MAX_SEARCH_SECONDS", 30.0)


OBJECTS = ("processes", "channels", "values", "locks", "managers", "managed", "findings")


class Invented:
    """A world in which random events happen, from a seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng = random.Random(seed)
        self.observer = Observer(folder, 0, paced=False)
        self.world: World = self.observer.world
        self.world.state = RunState.RUNNING
        self.messages: list[Message] = []

    def go_on(self, seconds: float) -> Snapshot:
        world, rng = self.world, self.rng
        before, world.now = world.now, world.now + seconds
        world.changes += 1
        at = before + seconds / 2
        if rng.random() < 0.2 or not world.processes:
            key = ProcessKey(len(world.processes) + 1)
            world.processes[key] = Process(key, f"p{key}", pid=1000 + key, state=State.RUNNING, created=at, started=at)
            world.main = world.main or key
            world.spans[key] = Stream()
            world.spans[key].append(StateInterval(key, at, None, State.RUNNING))
            world.marks.append(TimelineMark(at, "started", key))
        elif rng.random() < 0.05 and len(world.processes) > 1:
            key = rng.choice([key for key in world.processes if key != world.main])
            del world.processes[key], world.spans[key]
        if rng.random() < 0.5:
            process = rng.choice(list(world.processes.values()))
            process.operations += 1
            spans = world.spans[process.key]
            spans.replace_last(replace(spans.since(spans.total - 1)[1][0], end=at))
            if rng.random() < 0.2 and spans.total > 1:
                spans.take_last()
            spans.append(StateInterval(process.key, at, None, rng.choice(list(State)), "x"))
        if rng.random() < 0.5:
            value = world.values.setdefault(ValueKey(7), SharedValue(ValueKey(7), "Value", "counter", "int", value=0))
            value.value, value.changed = rng.randrange(1000), at
            value.history = (*value.history[-20:], float(rng.randrange(9)))
        if rng.random() < 0.5:
            channel = world.channels.setdefault(TASKS, Channel(TASKS, "Queue", "tasks"))
            channel.put += 1
            message = Message(TASKS, MAIN, put=at, size=8, content="é".encode() + b"\xff")
            self.messages.append(message)
            world.messages.append(MessageEvent(at, "put", MAIN, message))
        if rng.random() < 0.3 and self.messages:
            message = self.messages.pop(0)
            message.received, message.receiver = at, MAIN
            world.messages.append(MessageEvent(at, "received", MAIN, message))
        if rng.random() < 0.3:
            world.output.append(OutputLine(at, 1001, "stdout", f"line \udc80 {at}"))
        if rng.random() < 0.05:
            finding = Finding(
                "deadlock",
                Severity.ERROR,
                Verdict.CERTAIN,
                "all wait",
                at,
                processes=(MAIN, ProcessKey(len(world.findings))),
            )
            world.findings[finding.key] = finding
        return self.observer.snapshot()


def numbered(snapshot: Snapshot) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(snapshot, name) for name in OBJECTS}
    found["main"], found["rate"] = snapshot.main, snapshot.records_per_second
    found["messages"] = [(event.at, event.op) for event in snapshot.messages.since(0)[1]]
    found["totals"] = snapshot.messages.total, snapshot.output.total
    found["output"] = [line.at for line in snapshot.output.since(0)[1]]
    found["marks"] = [mark.at for mark in snapshot.marks.since(0)[1]]
    return found


def recorded(path: Path | None, folder: Path, seed: int, looks: int) -> tuple[list[dict[str, Any]], Recorder, World]:
    """Return the state of an invented world at each poll, the recorder, and the world."""
    invented = Invented(folder, seed)
    file = BlockFile.write(path)
    recorder = Recorder(file, Head(script="x.py", source="print()"))
    seen: list[dict[str, Any]] = []
    for _ in range(looks):
        snapshot = invented.go_on(0.05)
        recorder.take(snapshot)
        seen.append({"at": snapshot.now, **numbered(snapshot)})
    return seen, recorder, invented.world


@pytest.mark.parametrize("seed", fast_first(range(5), 2))
def test_every_recorded_moment_is_restored(tmp_path: Path, seed: int) -> None:
    seen, recorder, world = recorded(None, tmp_path, seed, 300)
    history = History(
        recorder.file,
        lambda: Lanes(world.marks, world.commands, world.spans, world.thread_changes),
        lambda: Pending(list(recorder.pending), recorder.has),
    )
    assert recorder.pending, "the newest looks are in no block yet"
    order = list(seen)
    random.Random(seed).shuffle(order)
    for look in order:
        expected = dict(look)
        assert numbered(history.at(expected.pop("at"))) == expected


def test_the_changes_of_threads_are_restored(tmp_path: Path) -> None:
    invented = Invented(tmp_path, 1)
    path = tmp_path / "threads.rockproc"
    recorder = Recorder(BlockFile.write(path), Head(script="x.py"))
    for thread in (-5, 77):
        invented.world.thread_changes.append(ThreadChange(MAIN, thread, 0.01, State.WAITING, "acquire a"))
        recorder.take(invented.go_on(0.05))
    recorder.flush()
    expected = invented.world.thread_changes.since(0)[1]
    replay = Replay(path)
    assert replay.lanes.threads.since(0)[1] == expected
    assert replay.snapshot().thread_changes.since(0)[1] == expected


def test_a_moment_between_two_polls_has_only_earlier_events(tmp_path: Path) -> None:
    invented = Invented(tmp_path, 1)
    recorder = Recorder(BlockFile.write(), Head(script="x.py"))
    recorder.take(invented.go_on(0.05))
    for at in (0.06, 0.08):
        invented.world.messages.append(MessageEvent(at, "sent", MAIN, Message(TASKS, MAIN, sent=at)))
    invented.world.now = 0.1
    invented.world.changes += 1
    recorder.take(invented.observer.snapshot())
    world = invented.world
    history = History(
        recorder.file,
        lambda: Lanes(world.marks, world.commands, world.spans, world.thread_changes),
        lambda: Pending(list(recorder.pending), recorder.has),
    )
    before = history.at(0.05).messages.total
    assert [history.at(at).messages.total - before for at in (0.059, 0.06, 0.07, 0.08, 0.1)] == [0, 1, 1, 2, 2]
    wanted = jumps.messages_of(None, "")
    assert history.nearest(wanted, 0.05, forward=True) == pytest.approx(0.06)
    assert history.nearest(wanted, 0.06, forward=True) == pytest.approx(0.08)
    assert history.nearest(wanted, 0.09, forward=False) == pytest.approx(0.08)
    assert history.nearest(wanted, 0.08, forward=True) is None


def test_a_moment_in_a_quiet_time_has_no_later_events(tmp_path: Path) -> None:
    invented = Invented(tmp_path, 1)
    recorder = Recorder(BlockFile.write(), Head(script="x.py"))
    recorder.take(invented.go_on(0.05))
    for tenth in range(1, 100):
        recorder.pass_over(tenth / 10)
    world = invented.world
    world.now = 9.95
    world.changes += 1
    world.channels[ChannelKey(10)] = Channel(ChannelKey(10), "Queue", "new")
    recorder.take(invented.observer.snapshot())
    history = History(
        recorder.file,
        lambda: Lanes(world.marks, world.commands, world.spans, world.thread_changes),
        lambda: Pending(list(recorder.pending), recorder.has),
    )
    assert [10 in {channel.key for channel in history.at(at).channels} for at in (5.0, 9.9, 9.92, 9.95)] == [
        False,
        False,
        True,
        True,
    ]


def test_the_length_of_a_quiet_time_is_recorded(tmp_path: Path) -> None:
    invented = Invented(tmp_path, 1)
    path = tmp_path / "x.rockproc"
    recorder = Recorder(BlockFile.write(path), Head(script="x.py"))
    recorder.take(invented.go_on(0.05))
    for delta in range(1, 20_000):
        recorder.pass_over(delta / 20)
        assert delta % 1000 or Replay(path).end > delta / 20 * 0.9, "killed by then, it is lost"
    assert len(recorder.file.blocks) < 100
    recorder.pass_over(1234.5, force=True)
    replay = Replay(path)
    assert replay.end == 1234.5
    assert replay.history is not None
    expected = numbered(invented.observer.snapshot())
    assert numbered(replay.history.at(1200.0)) == expected


def test_a_hanging_run_is_saved_up_to_the_present(tmp_path: Path) -> None:
    script, path = tmp_path / "hangs.py", tmp_path / "x.rockproc"
    script.write_text(
        "import multiprocessing\nif __name__ == '__main__':\n    multiprocessing.Queue().get()\n", encoding="utf-8"
    )
    run = Run(Launch(str(script), folder=str(tmp_path)))
    run.start()
    try:
        deadline = time.monotonic() + 30
        while run.snapshot().now < SETTLING_SECONDS + 2:
            assert time.monotonic() < deadline, run.snapshot()
            run.ended.wait(0.1)
        now = run.snapshot().now
        run.save(path)
    finally:
        run.stop()
    assert Replay(path).end >= now


def test_a_saved_recording_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "x.rockproc"
    seen, recorder, world = recorded(path, tmp_path, 3, 200)
    recorder.finish(End(at=world.now, exit_code=3, totals=(5, 6, 7)))
    copy = tmp_path / "copy.rockproc"
    recorder.file.save(copy)
    for file in (path, copy):
        replay = Replay(file)
        assert (replay.damage, replay.exit_code, replay.totals()) == ("", 3, (5, 6, 7))
        assert replay.history is not None
        for look in seen[::7]:
            expected = dict(look)
            assert numbered(replay.history.at(expected.pop("at"))) == expected
        ends = {key: spans.since(0)[1][-1].begin for key, spans in world.spans.items()}
        assert {key: replay.lanes.spans[key].since(0)[1][-1].begin for key in ends} == ends


def test_a_long_run_keeps_the_newest_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rockproc.observer.recording import block_file as block_file_module
    from rockproc.observer.recording import recorder as recorder_module

    monkeypatch.setattr(block_file_module, "SEGMENT", 8_000)
    monkeypatch.setattr(recorder_module, "_BYTES_BETWEEN_FULL_DELTAS", 1_000)
    seen, recorder, _ = recorded(None, tmp_path, 4, 1_000)
    recorder.flush()
    assert recorder.file.blocks[0].begin > 10
    copy = tmp_path / "copy.rockproc"
    recorder.file.save(copy)
    replay = Replay(copy)
    assert replay.history is not None
    last = numbered(replay.history.at(seen[-1]["at"]))
    assert [last[name] for name in OBJECTS] == [seen[-1][name] for name in OBJECTS]


def test_a_bounded_recording_is_always_valid_and_keeps_the_newest_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rockproc.observer.recording import recorder as recorder_module

    monkeypatch.setattr(recorder_module, "_BYTES_BETWEEN_FULL_DELTAS", 1_000)
    path, link = tmp_path / "x.rockproc", tmp_path / "link.rockproc"
    link.symlink_to(path)
    invented = Invented(tmp_path, 4)
    recorder = Recorder(BlockFile.write(link, 40_000), Head(script="x.py", source="print()"))
    seen: list[dict[str, Any]] = []
    history = History(
        recorder.file,
        lambda: Lanes(
            invented.world.marks, invented.world.commands, invented.world.spans, invented.world.thread_changes
        ),
        lambda: Pending(list(recorder.pending), recorder.has),
    )
    begins: set[float] = set()
    for number in range(1_000):
        snapshot = invented.go_on(0.05)
        recorder.take(snapshot)
        seen.append({"at": snapshot.now, **numbered(snapshot)})
        assert path.stat().st_size <= 40_000
        if number % 50 == 49:
            begins.add(BlockFile.read(path).blocks[0].begin)
            [now] = [look for look in seen if look["at"] == snapshot.now]
            assert [numbered(history.at(snapshot.now))[name] for name in OBJECTS] == [now[name] for name in OBJECTS]
    recorder.finish(End(at=invented.world.now))
    assert len(begins) > 3
    assert sorted(entry.name for entry in tmp_path.iterdir() if "rockproc" in entry.name) == [link.name, path.name]
    assert link.is_symlink()
    replay = Replay(path)
    assert replay.history is not None
    assert not replay.damage
    assert path.stat().st_size > 15_000
    begin = BlockFile.read(path).blocks[0].begin
    kept = [look for look in seen if look["at"] > begin]
    assert 50 < len(kept) < 900
    for look in kept:
        snapshot = replay.history.at(look["at"])
        assert [numbered(snapshot)[name] for name in OBJECTS] == [look[name] for name in OBJECTS]
    for key, spans in invented.world.spans.items():
        recorded_spans = replay.lanes.spans[key]
        first, items = recorded_spans.since(0)
        assert [(span.begin, span.state) for span in items] == [
            (span.begin, span.state) for span in spans.since(first)[1]
        ]


def cut(data: bytes) -> Iterator[bytes]:
    rng = random.Random(0)
    for _ in range(20):
        yield data[: rng.randrange(len(data))]
    for _ in range(60):
        place = rng.randrange(len(data))
        yield data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
    for _ in range(20):
        place = rng.randrange(len(data))
        yield data[:place] + rng.randbytes(rng.randrange(200)) + data[place:]


def test_a_damaged_recording_gives_an_error_or_its_readable_part(tmp_path: Path) -> None:
    path = tmp_path / "x.rockproc"
    _, recorder, world = recorded(path, tmp_path, 3, 120)
    recorder.finish(End(at=world.now))
    data = path.read_bytes()
    opened, reasons = 0, set[str]()
    for number, damaged in enumerate(cut(data)):
        other = tmp_path / f"{number}.rockproc"
        other.write_bytes(damaged)
        try:
            replay = Replay(other)
            assert replay.history is not None
            replay.history.at(replay.end / 2)
            list(replay.deltas())
        except RecordingError as error:
            reasons.add(str(error))
        else:
            opened += 1
    assert not any("\n" in reason for reason in reasons)
    assert opened > 15, "much of a damaged file can still be read"


def block(
    tag: bytes, raw: bytes, *, stated_bytes: int | None = None, begin: float = 0.0, end: float = 1.0, has: int = 255
) -> bytes:
    packed = zlib.compress(raw)
    head = BLOCK.pack(
        tag,
        len(packed),
        len(raw) if stated_bytes is None else stated_bytes,
        zlib.crc32(packed),
        begin,
        end,
        0,
        0,
        has,
        0,
    )
    return head + packed


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing", lambda: b""),
        ("text", lambda: b"#!/usr/bin/env python3\nprint('no')\n"),
        ("a later version", lambda: b"rockproc recording 99\n"),
        ("no run", lambda: FIRST_LINE),
        ("a pickle", lambda: FIRST_LINE + block(HEAD, b"cos\nsystem\n(S'touch /tmp/never'\ntR.")),
        (
            "a bomb",
            lambda: (
                FIRST_LINE + block(HEAD, encode(Head(script="x"))) + block(DELTAS, b"\0" * (80 << 20), stated_bytes=100)
            ),
        ),
        (
            "many bombs",
            lambda: (
                FIRST_LINE
                + block(HEAD, encode(Head(script="x")))
                + block(DELTAS, encode([Delta(since=0.0, at=1.0)]) + b"\0" * (60 << 20), has=0) * 5
            ),
        ),
        (
            "other shapes",
            lambda: FIRST_LINE + block(HEAD, encode(Head(script="x"))) + block(DELTAS, encode([{"at": "now"}])),
        ),
        ("deep", lambda: FIRST_LINE + block(HEAD, encode(Head(script="x"))) + block(DELTAS, b"\x91" * 100_000)),
        ("not a number", lambda: FIRST_LINE + block(HEAD, encode(Head(script="x")), begin=float("nan"))),
    ],
)
def test_a_file_that_is_no_recording_gives_one_line(tmp_path: Path, name: str, content: Callable[[], bytes]) -> None:
    """The contents are functions: some take long to make, and every worker collects all tests."""
    path = tmp_path / f"{name}.rockproc"
    path.write_bytes(content())
    with pytest.raises(RecordingError) as caught:
        Replay(path)
    assert "\n" not in str(caught.value)


def names_without_tracker(snapshot: Snapshot) -> list[str]:
    """Return the names of all processes but the resource tracker, which begins before the first child."""
    return [process.name for process in snapshot.processes if process.role != "resource tracker"]


def test_the_last_moment_of_a_recording_equals_the_run(tmp_path: Path) -> None:
    program, seen = tmp_path / "program.py", tmp_path / "seen"
    program.write_text(
        "import os, sys, time\n"
        "from multiprocessing import Process, Queue, Value\n"
        "def work(tasks, count):\n"
        "    for task in iter(tasks.get, None):\n"
        "        with count.get_lock():\n"
        "            count.value += task\n"
        "if __name__ == '__main__':\n"
        "    while not os.path.exists(sys.argv[1]):\n"
        "        time.sleep(0.001)\n"
        "    tasks, count = Queue(), Value('i')\n"
        "    worker = Process(target=work, args=(tasks, count), name='worker')\n"
        "    worker.start()\n"
        "    for task in [1, 2, 3, None]:\n"
        "        tasks.put(task)\n"
        "    worker.join()\n"
        "    print('done')\n"
    )
    path = tmp_path / "x.rockproc"
    run = Run(Launch(str(program), (str(seen),)), save=path)
    run.start()
    try:
        wait_until(lambda: [process.name for process in run.snapshot().processes] == ["main"])
        seen.touch()
        assert run.ended.wait(20)
        now = run.snapshot()
    finally:
        run.stop()
    assert run.faults() == []
    replay = Replay(path)
    assert (replay.exit_code, replay.damage, replay.totals()) == (0, "", run.totals())
    assert replay.scenario.source == program.read_text()
    again = replay.snapshot()
    for name in OBJECTS:
        assert getattr(again, name) == getattr(now, name)
    assert [line.text for line in again.output.since(0)[1]] == ["done"]
    assert replay.history is not None
    (created,) = (process.created for process in now.processes if process.name == "worker")
    assert created is not None
    before = created - 2 * jumps.INSTANT_SECONDS
    assert names_without_tracker(replay.history.at(before)) == ["main"]
    born = replay.history.nearest(jumps.lifecycle_events(), before, forward=True)
    assert born is not None
    assert names_without_tracker(replay.history.at(born)) == ["main", "worker"]
    change = replay.history.nearest(jumps.content_changes(now.values[0].key, ""), replay.end, forward=False)
    assert change is not None
    assert replay.history.at(change).values[0].value == 6


def test_a_recording_that_is_saved_later_ends_with_the_run(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('done')")
    run = Run(Launch(str(program)))
    run.start()
    try:
        assert run.ended.wait(20)
        end = run.snapshot().now
        run.save(tmp_path / "x.rockproc")
    finally:
        run.stop()
    assert Replay(tmp_path / "x.rockproc").end == end


def test_every_collection_of_the_world_is_recorded() -> None:
    collections = {
        name
        for name, hint in get_type_hints(Snapshot).items()
        if get_origin(hint) is tuple and name != "findings" and "key" in get_type_hints(get_args(hint)[0])
    }
    assert collections == set(KEYED)
    assert collections <= {field.name for field in msgspec.structs.fields(format.Delta)}


def test_the_documented_format_is_the_format() -> None:
    text = (Path(__file__).parents[3] / "docs" / "recording-format.md").read_text()
    assert f"`{BLOCK.format}`" in text
    assert struct.calcsize(BLOCK.format) == BLOCK.size
