"""Measures the time that it takes to show a moment of a long run: an hour, a hundred processes, a million messages.

python -m benchmarks.rewind [--messages 1000000] [--processes 100] [--moments 200]
"""

from __future__ import annotations

import argparse
import pickle
import random
import statistics
import tempfile
import time
from pathlib import Path

from rockproc.observer.model import Channel, Message, MessageEvent, Process, RunState, State, StateInterval, Stream
from rockproc.observer.recording import jumps
from rockproc.observer.recording.block_file import BlockFile
from rockproc.observer.recording.format import End, Head
from rockproc.observer.recording.recorder import Recorder
from rockproc.observer.recording.replay import Replay
from rockproc.observer.run.observer import Observer

HOUR = 3600.0


def make(path: Path, processes: int, messages: int) -> float:
    """Record an invented run, and return the seconds that this took."""
    rng = random.Random(1)
    observer = Observer(path.parent, 0, paced=False)
    world = observer.world
    world.state, world.main = RunState.RUNNING, 1
    for key in range(1, processes + 1):
        world.processes[key] = Process(
            key, f"worker-{key}", pid=key + 1000, state=State.RUNNING, created=0.0, started=0.0
        )
        world.spans[key] = Stream()
        world.spans[key].append(StateInterval(key, 0.0, None, State.RUNNING))
    for key in range(10):
        world.channels[1000 + key] = Channel(1000 + key, "Queue", f"queue-{key}")
    recorder = Recorder(BlockFile.write(path), Head(script="invented.py"))
    looks = 4 * int(HOUR)
    step, messages_per_look = HOUR / looks, messages // looks
    begin = time.perf_counter()
    for look in range(looks):
        content = pickle.dumps({"job": look})
        for number in range(messages_per_look):
            at = world.now + step * number / (messages_per_look + 1)
            channel = world.channels[1000 + rng.randrange(10)]
            channel.put += 1
            sender = rng.randrange(processes) + 1
            message = Message(channel.key, sender, put=at, size=len(content), content=content)
            world.messages.append(MessageEvent(at, "put", sender, message))
        world.now += step
        world.changes += 1
        for key in rng.sample(range(1, processes + 1), 5):
            process, spans = world.processes[key], world.spans[key]
            process.operations += messages_per_look
            spans.replace_last(StateInterval(key, spans.since(spans.total - 1)[1][0].begin, world.now, process.state))
            process.state = State.WAITING if process.state is State.RUNNING else State.RUNNING
            spans.append(StateInterval(key, world.now, None, process.state))
        recorder.take(observer.snapshot())
    recorder.finish(End(at=world.now))
    return time.perf_counter() - begin


def timed(moments: list[float], what: str) -> None:
    """Print the median, the 95th percentile and the maximum as a table row."""
    ordered = sorted(moments)
    print(
        f"| {what} | {statistics.median(ordered):.1f} | {ordered[len(ordered) * 95 // 100]:.1f} | {ordered[-1]:.1f} |"
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=100)
    parser.add_argument("--moments", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.rockproc"
        seconds = make(path, arguments.processes, arguments.messages)
        begin = time.perf_counter()
        replay = Replay(path)
        opened = time.perf_counter() - begin
        size = path.stat().st_size
        print(f"recorded in {seconds:.1f} s ({seconds / HOUR:.2%}), {size / 1e6:.1f} MB, opened in {opened:.1f} s\n")
        print("| milliseconds for | median | 95 % | most |")
        print("| --- | --- | --- | --- |")
        assert replay.history is not None
        rng = random.Random(2)
        places = [rng.random() * replay.end for _ in range(arguments.moments)]
        timed([_milliseconds(lambda at=at: replay.history.at(at)) for at in places], "a moment anywhere")
        wanted = jumps.messages_of(1003, "")
        timed(
            [_milliseconds(lambda at=at: replay.history.nearest(wanted, at, forward=True)) for at in places],
            "the next message of a queue",
        )
        begin = places[0]
        timed(
            [_milliseconds(lambda at=begin + n / 12: replay.history.at(at)) for n in range(arguments.moments)],
            "the next frame of playing",
        )


def _milliseconds(do: object) -> float:
    begin = time.perf_counter()
    do()  # type: ignore[operator]
    return (time.perf_counter() - begin) * 1e3


if __name__ == "__main__":
    main()
