"""What is known of a run at its end, as data: schema 1 of the design. `report_text` makes a text of it."""

from __future__ import annotations

from typing import Any, Protocol, cast

from rockproc.probe.versions import is_tested

from ..decoding.preview import preview
from ..model import OBJECTS, Message, Process, SharedValue, Site, Snapshot
from ..scenarios.launch import Launch

SCHEMA = 1
_LONGEST = 1000
"""Items of an array that are given; a longer one comes as its first items and its length."""
_LAST = 5

Report = dict[str, Any]


class Reported(Protocol):
    """What can be reported on: a run, or a recording of one."""

    exit_code: int | None
    exit_signal: str | None

    @property
    def launch(self) -> Launch: ...
    def snapshot(self) -> Snapshot: ...
    def totals(self) -> tuple[int, int, int]: ...
    def faults(self) -> list[str]: ...


def report(run: Reported) -> Report:
    snapshot = run.snapshot()
    written, sampled, dropped = run.totals()
    launch = run.launch
    main = snapshot.main
    return {
        "schema": SCHEMA,
        "scenario": {
            "path": launch.script,
            "args": list(launch.args),
            "python": launch.python,
            "start_method": launch.start_method,
            "untested_python": _untested(snapshot),
        },
        "exit": {"code": run.exit_code, "signal": run.exit_signal},
        "duration_s": _seconds(main.ended if main is not None and main.ended is not None else snapshot.now),
        "processes": [_process(each) for each in snapshot.processes],
        "channels": [
            {
                "name": each.name,
                "kind": each.kind,
                "site": _site(each.site),
                "put": each.put,
                "got": each.got,
                "depth": each.depth,
                "bytes": each.bytes,
                "last": _last(snapshot, each.key),
                "buffered": each.buffered,
                "lost": each.lost + each.died,
                "internal": each.internal,
                "address": each.address or None,
            }
            for each in snapshot.channels
        ],
        "values": [
            {
                "name": each.name,
                "kind": each.kind,
                "type": each.type,
                "site": _site(each.site),
                "value": _value(each),
                "reads": each.reads,
                "writes": each.writes,
                "unseen": each.unseen,
                **_segment(snapshot, each),
            }
            for each in snapshot.values
        ],
        "locks": [
            {
                "name": each.name,
                "kind": each.kind,
                "site": _site(each.site),
                "acquired": each.acquired,
                "contended": each.contended,
                "timed_out": each.timed_out,
                "holder": _name(snapshot, each.holders[0].process) if each.holders else None,
                "holders": [_name(snapshot, hold.process) for hold in each.holders],
                "waiters": [_name(snapshot, hold.process) for hold in each.waiters],
            }
            for each in snapshot.locks
        ],
        "managers": [
            {
                "name": each.name,
                "pid": each.pid,
                "objects": [
                    {"type": managed.type, "name": managed.name, "calls": managed.calls, "value": managed.value or None}
                    for managed in snapshot.managed
                    if managed.manager == each.key
                ],
                "alive": each.alive,
                "class": each.cls,
                "site": _site(each.site),
            }
            for each in snapshot.managers
        ],
        "pools": [
            {
                "name": each.name,
                "kind": each.kind,
                "site": _site(each.site),
                "workers": each.size,
                "submitted": each.submitted,
                "done": each.done,
                "failed": each.failed,
                "lost": each.lost,
                "running": each.running,
                "waiting": each.waiting,
                "cancelled": each.cancelled,
                "unfinished": each.unfinished,
                "workers_employed": each.employed,
                "tasks_per_worker": each.limit,
                "ended": each.ended or None,
                "error": each.error or None,
            }
            for each in snapshot.pools
        ],
        "findings": [
            {
                "rule": each.rule,
                "severity": each.severity,
                "message": each.message,
                "site": _site(each.site),
                "processes": [_name(snapshot, key) for key in each.processes],
                "objects": [_object(snapshot, key) for key in each.objects],
                "at_s": _seconds(each.at),
                "verdict": each.verdict,
                "advice": each.advice,
                "active": each.active,
            }
            for each in snapshot.findings
        ],
        "forgotten": {name: getattr(snapshot.forgotten, name) for name in (*OBJECTS, "findings")},
        "records": {"written": written, "sampled": sampled, "dropped": dropped},
        "faults": run.faults(),
    }


def _untested(snapshot: Snapshot) -> list[str]:
    """Return the versions of Python in the run with which the probe was not tested."""
    return sorted({each.python for each in snapshot.processes if each.python and not is_tested(each.python)})


def _process(process: Process) -> Report:
    return {
        "name": process.name,
        "pid": process.pid,
        "parent": process.parent,
        "class": process.cls,
        "target": process.target,
        "start_method": process.start_method,
        "daemon": process.daemon,
        "created_s": _seconds(process.created),
        "started_s": _seconds(process.started),
        "ended_s": _seconds(process.ended),
        "joined_s": _seconds(process.joined),
        "exitcode": process.exitcode,
        "signal": process.signal,
        "state": str(process.state),
        "site": _site(process.site),
        "role": process.role,
        "waits": _waits(process),
    }


def _waits(process: Process) -> Report | None:
    """Of its main thread."""
    wait = process.main_wait if process.state.alive else None
    if wait is None:
        return None
    return {"op": wait.op, "object": wait.object, "site": _site(wait.site), "since_s": _seconds(wait.since)}


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _site(site: Site | None) -> str | None:
    return None if site is None else str(site)


def _name(snapshot: Snapshot, key: int) -> str | None:
    process = snapshot.process(key)
    return process.name if process is not None else None


def _object(snapshot: Snapshot, key: int) -> str | None:
    for each in (*snapshot.pools, *snapshot.locks, *snapshot.channels, *snapshot.values, *snapshot.processes):
        if each.key == key:
            return each.name
    return None


def _last(snapshot: Snapshot, channel: int) -> list[str]:
    _, events = snapshot.messages.since(0)
    seen: list[Message] = []
    for event in reversed(events):
        message = event.message
        # Of a message that was seen to leave, its arrival says nothing about which was the last.
        if event.op == "received" and (message.put is not None or message.sent is not None):
            continue
        if message.channel == channel and message.size is not None and not any(message is each for each in seen):
            seen.append(message)
            if len(seen) == _LAST:
                break
    return [preview(message.content, message.size) for message in reversed(seen)]


def _segment(snapshot: Snapshot, shared: SharedValue) -> Report:
    """What only a SharedMemory or a ShareableList has."""
    if shared.segment is None:
        return {}
    return {
        "segment": shared.segment,
        "size": shared.size,
        "open_by": [_name(snapshot, key) for key in shared.open_by],
        "unlinked_by": _name(snapshot, shared.unlinked_by) if shared.unlinked_by is not None else None,
        "unlinked_s": _seconds(shared.unlinked),
    }


def _value(shared: SharedValue) -> object:
    value: object = shared.value
    if isinstance(value, list):
        items = [_text(item) for item in cast("list[object]", value)[:_LONGEST]]
        return {"first": items, "length": shared.length} if (shared.length or 0) > _LONGEST else items
    return _text(value)


def _text(value: object) -> object:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
