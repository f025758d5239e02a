"""A report for a person, in a few lines."""

from __future__ import annotations

from typing import cast

from ..model import SIGNALLED
from .data import Report

_WORDS = {"channels": "queues and pipes", "values": "shared values", "managed": "objects in managers"}


def waits(data: Report) -> list[tuple[str, str, str]]:
    """Who waited when the run was ended, for what, and at which line."""
    waiting = [(each["name"], each["waits"]) for each in data["processes"] if each["waits"]]
    return [(name, f"{wait['op']} {wait['object']}".strip(), wait["site"] or "") for name, wait in waiting]


def report_text(data: Report) -> str:
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
    _table(out, "at the end these waited", [[name, what, site] for name, what, site in waits(data)])
    _table(
        out,
        "messages",
        [
            [
                each["name"],
                each["kind"],
                f"put {each['put']}",
                f"got {each['got']}",
                f"left {each['depth']}" + (f", lost {each['lost']}" if each["lost"] else ""),
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
                f"{SIGNALLED.get(each['kind'], 'taken')} {each['acquired']}",
                f"waited {each['contended']}" if each["contended"] else "",
                f"timed out {each['timed_out']}" if each["timed_out"] else "",
                f"held by {', '.join(map(str, each['holders']))}" if each["holders"] else "",
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
                f"… {_clip(each['error'])}" if each["error"] else "",
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
            out.append(f"     {mark} {rule(each)}: {each['message']}{over}")
            if each["severity"] != "info" and each["advice"]:
                out.append(f"       {each['advice']}." + (f" See {each['site']}." if each["site"] else ""))
    forgotten = [f"{count} {_WORDS.get(name, name)}" for name, count in data["forgotten"].items() if count]
    if forgotten:
        out.append(f"   of what was over, the oldest is not listed: {', '.join(forgotten)}")
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


def rule(finding: Report) -> str:
    """By which it was found, and whether it is only suspected."""
    return finding["rule"] + (", suspected" if finding["verdict"] == "suspected" else "")


def _use(value: Report) -> str:
    if "segment" in value:
        by = value["unlinked_by"]
        users = ", ".join(map(str, value["open_by"]))
        name = f"unlinked by {by}" if by else "never unlinked" if value["unlinked_s"] is None else "unlinked for it"
        return f"open in {users}  {name}" if users else name
    unseen = "  and unseen ones" if value["unseen"] else ""
    return "" if value["reads"] is None else f"{value['reads']} reads  {value['writes']} writes{unseen}"


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
