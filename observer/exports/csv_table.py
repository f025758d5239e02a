"""Exports a recording as a CSV table with one event per line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ..decoding.preview import preview
from ..model import USER, MessageEvent, Site
from ..model.keys import ProcessKey
from ..recording import conversion
from ..recording.format import Delta
from ..recording.replay import Replay

COLUMNS = ("at_s", "event", "process", "pid", "object", "detail", "bytes", "latency_s", "site")
Line = tuple[object, ...]


def write(replay: Replay) -> Iterator[str]:
    names = _Names(replay)
    yield _text(COLUMNS)
    for delta in replay.deltas():
        for line in sorted(_lines(delta, names), key=lambda row: float(str(row[0]))):
            yield _text(line)


def _text(line: Line) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(["" if cell is None else cell for cell in line])
    return text.getvalue()


class _Names:
    """The names and pids of processes and objects, by their keys."""

    def __init__(self, replay: Replay) -> None:
        end = replay.snapshot()
        self.processes = {process.key: (process.name, process.pid) for process in end.processes}
        self.by_pid = {process.pid: process.name for process in end.processes if process.pid is not None}
        self.channels = {channel.key: channel.name for channel in end.channels}

    def process(self, key: ProcessKey | None) -> tuple[str, int | None]:
        if key == USER:
            return "you", None
        return self.processes.get(key, ("", None)) if key is not None else ("", None)


def _lines(delta: Delta, names: _Names) -> Iterator[Line]:
    for mark in delta.marks:
        if mark.process in names.processes:
            yield mark.at, mark.kind, *names.process(ProcessKey(mark.process)), "", mark.text, "", "", ""
    for event in delta.messages:
        yield _message(event, names)
    for value in map(conversion.COLLECTIONS["values"].read, delta.values):
        yield (
            value.changed or delta.at,
            "value",
            *names.process(value.writer),
            value.name,
            repr(value.value),
            "",
            "",
            "",
        )
    for managed in delta.managed:
        if managed.last:
            caller = names.process(None if managed.caller is None else ProcessKey(managed.caller))
            yield managed.last_at or delta.at, "call", *caller, managed.name, managed.last, "", "", _site(managed.site)
    for line in delta.output:
        name = names.by_pid.get(line.pid, "") if line.pid is not None else ""
        yield line.at, line.stream, name, line.pid, "", line.text, "", "", ""
    for command in delta.commands:
        yield command.at, "command", "", "", "", command.python, "", "", command.result
    for finding in delta.findings:
        name = finding.rule if finding.active else f"{finding.rule}, over"
        yield finding.at, "finding", "", "", name, finding.message, "", "", _site(finding.site)


def _message(event: MessageEvent, names: _Names) -> Line:
    message = event.message
    site = message.got_site if event.op == "received" else message.put_site
    latency = message.latency if event.op == "received" else None
    who = names.process(event.process)
    channel = names.channels.get(message.channel, "")
    text = message.lost_because if event.op == "lost" else preview(message.content, message.size)
    return event.at, event.op, *who, channel, text, message.size, latency, _site(site)


def _site(site: Site | None) -> str:
    return "" if site is None else str(site)
