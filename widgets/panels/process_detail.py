"""Everything that is known of one process, in lines."""

from __future__ import annotations

from rockproc.observer.model import Process, Site
from rockproc.observer.source.source_line import source_line

from ..bases.panel import fact
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from .source import python_cells

_RECENT = 2_000
"""Messages that are looked through for the channels that a process uses."""
_CHART = 24


def process_detail(process: Process, view: View) -> list[Cells]:
    own = process.cls if process.cls not in (None, "Process") else None
    called = f"{process.target}({process.args or ''})" if process.target else None
    lines = [
        fact("process", f"{process.name}  ({process.role}{', daemon' if process.daemon else ''})"),
        fact("runs", own or called or process.command or "—"),
        fact("started", f"by {process.start_method or '—'}, handle made at {process.site or '—'}"),
        *([fact("parent", parent)] if (parent := _parent(process, view)) else ()),
        fact("times", _times(process)),
        fact("ended", end(process) if not process.state.alive else "not yet"),
    ]
    pool = next((each for each in view.snapshot.pools if each.key == process.pool), None)
    if pool is not None:
        now = process.task.task if process.task is not None else "no task now"
        lines.append(fact("worker of", f"{pool.name} ({pool.kind}), with {now}"))
    if process.state.alive and process.line is not None:
        lines.append(_source("at" if process.main_wait else "last at", process.line))
    if process.state.alive and len(process.cpu_history) > 1:
        threads = f"   {process.threads} threads" if process.threads else ""
        cpu = f"{quantities.bars(process.cpu_history, _CHART, cpu_scale(process))} {process.cpu or 0:.0f}%"
        rss = f"{quantities.bars(process.rss_history, _CHART)} {quantities.size(process.rss)}"
        lines.append(fact("cpu", f"{cpu}   memory {rss}{threads}"))
    lines += [
        fact(
            "inside" if index == 0 else "",
            f"{_thread(process, each.thread)}{each.op} {each.object}  {each.site or ''}  since {each.since:.3f}",
        )
        for index, each in enumerate(process.waits)
    ]
    held = [lock.name for lock in view.snapshot.locks if any(hold.process == process.key for hold in lock.holders)]
    if held:
        lines.append(fact("holds", ", ".join(held)))
    if uses := _channels(process, view):
        lines.append(fact("channels", uses))
    if process.operations > process.records or process.dropped:
        lost = f", {process.dropped} records lost" if process.dropped else ""
        lines.append(fact("records", f"{process.records} of {process.operations} operations, all counted{lost}"))
    return lines


def _parent(process: Process, view: View) -> str:
    """Who its parent is to the system, where that is known and worth a line: of main it is whoever has run us."""
    if process.ppid is None or process.role == "main":
        return ""
    parent, maker = view.by_pid.get(process.ppid), view.by_pid.get(process.parent or 0)
    if parent is not None:
        whose = f", forked for {maker.name}" if maker is not None and maker is not parent else ""
        return f"{parent.name} ({process.ppid}){whose}"
    if not view.is_orphan(process):
        return f"pid {process.ppid}"
    whose = maker.name if maker is not None else "its parent"
    return f"{whose} has ended: an orphan, of init as a rule, here of rockproc-tui ({process.ppid})"


def _source(label: str, site: Site) -> Cells:
    text = source_line(site)
    head = fact(label, f"{site}  ")
    return (*head, *python_cells(text[:400])) if text else head


def _thread(process: Process, thread: int) -> str:
    """Nothing for the main thread, which needs no name."""
    return "" if thread == process.main_thread or len(process.waits) == 1 else f"thread {thread}: "


def _channels(process: Process, view: View) -> str:
    """Which channels it has put to and got from, as far as the messages that are kept tell."""
    messages = view.snapshot.messages
    puts: dict[str, None] = {}
    gets: dict[str, None] = {}
    for event in messages.since(messages.total - _RECENT)[1]:
        if event.process == process.key:
            channel = view.channels.get(event.message.channel)
            if channel is not None:
                (gets if event.op == "received" else puts)[channel.name] = None
    made = [each.name for each in view.snapshot.channels if each.owner == process.key and not each.internal]
    parts = [f"{verb} {', '.join(list(names)[:8])}" for verb, names in
             (("puts to", puts), ("gets from", gets), ("made", made)) if names]  # fmt: skip
    return "   ".join(parts)


def cpu_scale(process: Process) -> tuple[float, float]:
    """From nothing to one core, or to more where more was used."""
    return 0.0, max(100.0, *process.cpu_history, 0.0)


def _times(process: Process) -> str:
    moments = (
        ("made", process.created), ("started", process.started), ("ended", process.ended), ("joined", process.joined)
    )  # fmt: skip
    return "  ".join(f"{name} {moment:.3f}" for name, moment in moments if moment is not None)


def end(process: Process) -> str:
    """How it ended, in a word."""
    if process.signal:
        return process.signal
    return "" if process.exitcode is None else f"exit {process.exitcode}"
