"""What is known of a run at its end: as data (schema 1 of the design), and as text to read."""

from __future__ import annotations

from typing import Any, Protocol, cast

from .launch import Launch
from .world import Message, Process, SharedValue, Site, Snapshot

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
                "lost": each.lost,
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
                "mend": each.mend,
                "active": each.active,
            }
            for each in snapshot.findings
        ],
        "records": {"written": written, "sampled": sampled, "dropped": dropped},
        "faults": run.faults(),
    }


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
    }


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
    return [message.preview for message in reversed(seen)]


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


def readable(data: Report) -> str:
    """The report for a person, in a few lines."""
    out: list[str] = []
    code, signal = data["exit"]["code"], data["exit"]["signal"]
    ending = f"ended by {signal}" if signal else f"exit {code}" if code is not None else "did not end by itself"
    method = data["scenario"]["start_method"]
    out.append(
        f"── {data['scenario']['path']}{f' · {method}' if method else ''} · {ending} · {data['duration_s']:.2f} s"
    )
    _table(
        out,
        "processes",
        [
            [
                each["name"],
                str(each["pid"] or "not started"),
                each["class"] or each["role"],
                each["target"] or "",
                each["state"],
                each["signal"] or ("" if each["exitcode"] is None else f"exit {each['exitcode']}"),
                _span(each["started_s"], each["ended_s"]),
                each["site"] or "",
            ]
            for each in data["processes"]
        ],
    )
    _table(
        out,
        "messages",
        [
            [
                each["name"],
                each["kind"],
                f"put {each['put']}",
                f"got {each['got']}",
                f"left {each['depth']}",
                _size(each["bytes"]),
                "… " + _clip(each["last"][-1]) if each["last"] else "",
            ]
            for each in data["channels"]
            if each["put"] or each["got"] or not each["internal"]
        ],
    )
    _table(
        out,
        "shared",
        [
            [
                each["name"],
                each["kind"],
                each["type"],
                _short(each["value"]),
                _use(each),
            ]
            for each in data["values"]
        ],
    )
    _table(
        out,
        "locks",
        [
            [
                each["name"],
                each["kind"],
                f"taken {each['acquired']}"
                if each["kind"] not in ("Event", "Condition")
                else f"set {each['acquired']}",
                f"waited {each['contended']}" if each["contended"] else "",
                f"timed out {each['timed_out']}" if each["timed_out"] else "",
                f"held by {each['holder']}" if each["holder"] else "",
                f"awaited by {', '.join(map(str, each['waiters']))}" if each["waiters"] else "",
            ]
            for each in data["locks"]
        ],
    )
    _table(
        out,
        "pools",
        [
            [
                each["name"],
                each["kind"],
                f"{each['workers']} workers"
                + (f", {each['workers_employed']} in all" if each["workers_employed"] > each["workers"] else ""),
                f"tasks {each['submitted']}",
                f"done {each['done']}",
                *(
                    f"{word} {each[word]}" if each[word] else ""
                    for word in ("failed", "lost", "cancelled", "unfinished")
                ),
                _unfinished(each),
                each["ended"] or "",
            ]
            for each in data["pools"]
        ],
    )
    for manager in data["managers"]:
        ending = "" if manager["alive"] else ", which has ended, and all that was in it"
        rows = [
            [each["name"], each["type"], each["value"] or "", f"called {each['calls']}"] for each in manager["objects"]
        ]
        _table(out, f"in {manager['name']} ({manager['class']} {manager['pid']}{ending})", rows)
    if data["findings"]:
        out.append("   findings")
        for each in data["findings"]:
            mark = {"error": "✗", "warning": "!"}.get(each["severity"], "·")
            over = "" if each["active"] else " (no longer so)"
            out.append(f"     {mark} {each['rule']}: {each['message']}{over}")
            if each["severity"] != "info" and each["mend"]:
                out.append(f"       {each['mend']}." + (f" See {each['site']}." if each["site"] else ""))
    records = data["records"]
    if records["sampled"] or records["dropped"]:
        out.append(
            f"   {records['written']} records; {records['sampled']} operations counted without one"
            + (f"; {records['dropped']} records found no room" if records["dropped"] else "")
        )
    return "\n".join(_plain(line).rstrip() for line in out) + "\n"


def _unfinished(pool: Report) -> str:
    words = [f"{pool[word]} {word}" for word in ("running", "waiting") if pool[word]]
    if pool["ended"] in ("terminated", "broken") and pool["waiting"]:
        words[-1] = f"{pool['waiting']} never begun"
    return ", ".join(words)


def _use(value: Report) -> str:
    if "segment" in value:
        by = value["unlinked_by"]
        users = ", ".join(map(str, value["open_by"]))
        name = f"unlinked by {by}" if by else "never unlinked" if value["unlinked_s"] is None else "unlinked for it"
        return f"open in {users}  {name}" if users else name
    return "" if value["reads"] is None else f"{value['reads']} reads  {value['writes']} writes"


def _table(out: list[str], title: str, rows: list[list[str]]) -> None:
    if not rows:
        return
    out.append(f"   {title}")
    rows = [[_clip(_plain(cell)) for cell in row] for row in rows]
    widths = [min(max(len(row[index]) for row in rows), 32) for index in range(len(rows[0]))]
    for row in rows:
        out.append("     " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _plain(text: str) -> str:
    """Nothing of what a program names its objects shall reach the terminal as anything but text."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def _span(start: float | None, end: float | None) -> str:
    if start is None:
        return ""
    return f"{start:.2f} – {end:.2f} s" if end is not None else f"{start:.2f} s –"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _short(value: object) -> str:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        value = fields["first"] if set(fields) == {"first", "length"} else fields
    return _clip(repr(value))


def _clip(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
