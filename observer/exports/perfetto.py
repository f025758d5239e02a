"""Exports a recording as a trace in the JSON format that the viewers of Perfetto (ui.perfetto.dev) and Chrome read.

Each process has a track of states and one of messages; each message is an arrow; each channel and each shared number
is a counter. Times are microseconds since the launch.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ..decoding.preview import preview
from ..model import Channel, Message, MessageEvent, Process
from ..model.keys import ChannelKey, ProcessKey
from ..recording import conversion
from ..recording.replay import Replay

STATES, MESSAGES = 1, 2
"""Numbers of the tracks of a process."""
_MAX_STEP_MICROSECONDS = 1_000.0
"""Microseconds for which the sending or the taking of a message is drawn: an arrow needs something to begin at."""
Event = dict[str, Any]


def write(replay: Replay) -> Iterator[str]:
    yield '{"displayTimeUnit":"ms","traceEvents":[\n'
    first = True
    for event in _events(replay):
        yield ("" if first else ",\n") + json.dumps(event, separators=(",", ":"))
        first = False
    yield "\n]}\n"


def _events(replay: Replay) -> Iterator[Event]:
    end = replay.snapshot()
    pids = _pids(end.processes)
    yield from _names(end.processes, pids)
    for key, spans in replay.lanes.spans.items():
        if key in pids:
            for span in spans.since(0)[1]:
                until = span.end if span.end is not None else max(replay.end, span.begin)
                yield {
                    "ph": "X",
                    "pid": pids[key],
                    "tid": STATES,
                    "name": span.text or str(span.state),
                    "cat": str(span.state),
                    "ts": _micro(span.begin),
                    "dur": _micro(until - span.begin),
                }
    for mark in replay.lanes.marks.since(0)[1]:
        if mark.process in pids:
            name = f"{mark.kind} {mark.text}".rstrip()
            place = {"pid": pids[mark.process], "tid": STATES}
            yield {"ph": "i", "s": "p", **place, "name": name, "cat": "life", "ts": _micro(mark.at)}
    channels = {channel.key: channel for channel in end.channels}
    yield from _messages(replay, pids, channels)
    main = pids.get(end.main.key, 0) if end.main is not None else 0
    yield from _counters(replay, main)


def _pids(processes: tuple[Process, ...]) -> dict[ProcessKey, int]:
    """Return a number for each process: its pid, unless an earlier process has had the same pid."""
    pids: dict[ProcessKey, int] = {}
    used: set[int] = set()
    for process in processes:
        if process.pid is not None:
            pid = process.pid
            while pid in used:
                pid += 10_000_000
            used.add(pid)
            pids[process.key] = pid
    return pids


def _names(processes: tuple[Process, ...], pids: dict[ProcessKey, int]) -> Iterator[Event]:
    for index, process in enumerate(process for process in processes if process.key in pids):
        pid = pids[process.key]
        yield {"ph": "M", "pid": pid, "name": "process_name", "args": {"name": process.name}}
        yield {"ph": "M", "pid": pid, "name": "process_sort_index", "args": {"sort_index": index}}
        for track, name in ((STATES, "states"), (MESSAGES, "messages")):
            yield {"ph": "M", "pid": pid, "tid": track, "name": "thread_name", "args": {"name": name}}


def _messages(replay: Replay, pids: dict[ProcessKey, int], channels: dict[ChannelKey, Channel]) -> Iterator[Event]:
    """Yield a slice for each step of a message, and an arrow from the first to the last."""
    arrows: dict[tuple[object, ...], int] = {}
    numbers = itertools.count(1)
    waiting: dict[int, tuple[MessageEvent, int | None, bool]] = {}
    for delta in replay.deltas():
        for event in sorted(delta.messages, key=lambda event: event.at):
            if event.process not in pids or not event.by_hand:
                continue
            arrow, ends = _arrow(event, arrows, numbers)
            if (before := waiting.pop(event.process, None)) is not None:
                yield from _slice(*before, event.at, pids, channels)
            waiting[event.process] = event, arrow, ends
    for before in waiting.values():
        yield from _slice(*before, replay.end, pids, channels)


def _arrow(
    event: MessageEvent, arrows: dict[tuple[object, ...], int], numbers: Iterator[int]
) -> tuple[int | None, bool]:
    """Return the number of the message's arrow, and whether it ends here."""
    message = event.message
    start = message.left
    if message.sender is None or start is None:
        return None, False
    name = message.channel, message.sender, start
    if event.op == "received":
        return arrows.pop(name, None), True
    arrows[name] = number = next(numbers)
    return number, False


def _slice(
    event: MessageEvent,
    arrow: int | None,
    ends: bool,
    until: float,
    pids: dict[ProcessKey, int],
    channels: dict[ChannelKey, Channel],
) -> Iterator[Event]:
    message = event.message
    channel = channels.get(message.channel)
    place = {"pid": pids[event.process], "tid": MESSAGES, "ts": _micro(event.at), "cat": "message"}
    name = f"{event.op} {channel.name if channel is not None else '?'}"
    length = max(min(_micro(until - event.at), _MAX_STEP_MICROSECONDS), 1.0)
    yield {"ph": "X", **place, "name": name, "dur": length, "args": _arguments(message)}
    if arrow is not None:
        yield {"ph": "f" if ends else "s", **place, "name": "message", "id": arrow, **({"bp": "e"} if ends else {})}


def _arguments(message: Message) -> Event:
    arguments: Event = {"message": preview(message.content, message.size), "bytes": message.size}
    if message.latency is not None:
        arguments["latency_s"] = message.latency
    return arguments


def _counters(replay: Replay, main: int) -> Iterator[Event]:
    last: dict[int, object] = defaultdict(lambda: None)
    for delta in replay.deltas():
        for channel in map(conversion.COLLECTIONS["channels"].read, delta.channels):
            if not channel.internal and last[channel.key] != channel.depth:
                last[channel.key] = channel.depth
                yield _counter(main, f"{channel.name} depth", delta.at, channel.depth)
        for value in map(conversion.COLLECTIONS["values"].read, delta.values):
            number = value.value
            if isinstance(number, (int, float)) and last[value.key] != number and number - number == 0:
                last[value.key] = number
                yield _counter(main, value.name, value.changed or delta.at, number)


def _counter(pid: int, name: str, at: float, value: float) -> Event:
    return {"ph": "C", "pid": pid, "name": name, "ts": _micro(at), "args": {"value": value}}


def _micro(seconds: float) -> float:
    return round(max(seconds, 0.0) * 1e6, 3)
