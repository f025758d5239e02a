"""Lines with everything that is known about a process."""

from __future__ import annotations

from rockproc.observer.model import Channel, Process, Site, State
from rockproc.observer.source.source_line import source_line

from ..bases.panel import fact, made_at
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize, shorten, width
from .source import python_cells

_RECENT_MESSAGES = 2_000
"""The number of newest messages that are searched for the channels of a process."""
_CHART_CELLS = 24
_MAX_CHANNELS = 8
"""The number of channels that are named for each use."""
_MAX_ARGUMENT_CELLS = 30
"""Cells of the arguments of a target in the one-line summary."""


def process_detail(process: Process, view: View) -> list[Cells]:
    own = process.cls if process.cls not in (None, "Process") else None
    called = f"{process.target}({process.args or ''})" if process.target else None
    lines = [
        fact("process", f"{process.name}  ({process.role}{', daemon' if process.daemon else ''})"),
        fact("runs", own or called or process.command or "—"),
        *([fact("started", started)] if (started := _started(process)) else ()),
        *([fact("parent", parent)] if (parent := _parent(process, view)) else ()),
        fact("times", _times(process)),
        fact("ended", exit_text(process) if not process.state.alive else "not yet"),
    ]
    pool = next((pool for pool in view.snapshot.pools if pool.key == process.pool), None)
    if pool is not None:
        now = process.task.task if process.task is not None else "no task now"
        lines.append(fact("worker of", f"{pool.name} ({pool.kind}), with {now}"))
    if process.state.alive and process.line is not None:
        lines.append(_source("at" if process.main_wait else "last at", process.line))
    if process.state.alive and len(process.cpu_history) > 1:
        threads = f"   {quantities.with_noun(process.threads, 'thread')}" if process.threads else ""
        cpu = f"{quantities.bars(process.cpu_history, _CHART_CELLS, cpu_scale(process))} {process.cpu or 0:.0f}%"
        rss = f"{quantities.bars(process.rss_history, _CHART_CELLS)} {quantities.size(process.rss)}"
        lines.append(fact("cpu", f"{cpu}   memory {rss}{threads}"))
    lines += [
        fact(
            "inside" if index == 0 else "",
            f"{_thread(process, wait.thread)}{wait.op} {wait.object}  {wait.site or ''}  since {wait.since:.3f}",
        )
        for index, wait in enumerate(process.waits)
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


def summary(process: Process, view: View, columns: int) -> str:
    """Return the handle of a process as the program sees it, and the moments of its life if they fit into its line."""
    parts: list[str] = []
    if process.target or process.cls not in (None, "Process"):
        parts.append(
            f"{process.target}({shorten(process.args or '', _MAX_ARGUMENT_CELLS)})"
            if process.target
            else str(process.cls)
        )
    if process.error:
        parts = [exit_text(process)]
    if process.state.alive and process.rss is not None:
        parts.append(f"memory {quantities.size(process.rss)}")
    if process.state.alive and process.cpu is not None:
        parts.append(f"CPU {process.cpu:.0f} %")
    if cpu := cpu_time(process):
        parts.append(cpu)
    parts.append(handle(process))
    if uses := _channels(process, view):
        parts.append(uses)
    text, life = sanitize(" · ".join(parts), 400), sanitize(_life(process), 400)
    return f"{text} · {life}" if life and width(f"{text} · {life}") <= columns else text


def handle(process: Process) -> str:
    """Return what the attributes of the program's own handle say: `is_alive() True · exitcode None`."""
    found = dict(handle_attributes(process))
    names = ("is_alive()", "exitcode", *(["daemon"] if process.daemon else []), "sentinel")
    return " · ".join(f"{name} {found[name]}" for name in names if name in found)


def handle_attributes(process: Process) -> list[tuple[str, str]]:
    """Return the attributes of the program's own handle with what they would give now."""
    code = "None" if process.exitcode is None or process.state.alive else minus(process.exitcode)
    found = [("name", repr(sanitize(process.name, 60))), ("pid", str(process.pid))]
    found += [("is_alive()", str(process.state.alive)), ("exitcode", code)]
    if process.daemon is not None:
        found.append(("daemon", str(process.daemon)))
    if process.started is not None and process.state is not State.CREATED and process.role != "main":
        found.append(("sentinel", "not ready" if process.state.alive else "ready"))
    return found


def cpu_time(process: Process) -> str:
    """Return how long a process has used a CPU: `CPU 1.20 s user, 0.03 s system`."""
    if process.cpu_user is None:
        return ""
    least = "" if process.state.alive else "≥ "
    return f"CPU time {least}{process.cpu_user:.2f} s user, {process.cpu_system or 0:.2f} s system"


def _parent(process: Process, view: View) -> str:
    """Return the parent of a process for the operating system; of main, whose parent is not in the run, nothing."""
    if process.ppid is None or process.role == "main":
        return ""
    parent, maker = view.by_pid.get(process.ppid), view.by_pid.get(process.parent or 0)
    if parent is not None:
        whose = f", forked for {maker.name}" if maker is not None and maker is not parent else ""
        return f"{parent.name} ({process.ppid}){whose}"
    if not view.is_orphan(process):
        return f"pid {process.ppid}"
    whose = maker.name if maker is not None else "its parent"
    return f"{whose} has ended: an orphan, adopted by rockproc-tui ({process.ppid}); without it, by init"


def _source(label: str, site: Site) -> Cells:
    text = source_line(site)
    head = fact(label, f"{site}  ")
    return (*head, *python_cells(text[:400])) if text else head


def _thread(process: Process, thread: int) -> str:
    """Return the name of a thread; it is empty for the main thread."""
    return "" if thread == process.main_thread or len(process.waits) == 1 else f"thread {thread}: "


def _channels(process: Process, view: View) -> str:
    """Return the channels that a process puts to and gets from, according to the messages that are kept."""
    messages = view.snapshot.messages
    puts: dict[str, Channel] = {}
    gets: dict[str, Channel] = {}
    for event in messages.since(messages.total - _RECENT_MESSAGES)[1]:
        if event.process == process.key:
            channel = view.channels.get(event.message.channel)
            if channel is not None and not channel.internal:
                (gets if event.op == "received" else puts)[channel.name] = channel
    made = [channel.name for channel in view.snapshot.channels if channel.owner == process.key and not channel.internal]
    pipes = {name for name, channel in (puts | gets).items() if channel.kind == "Pipe"}
    uses = (
        ("sends and receives through", [name for name in puts if name in pipes and name in gets]),
        ("sends through", [name for name in puts if name in pipes and name not in gets]),
        ("receives through", [name for name in gets if name in pipes and name not in puts]),
        ("puts to", [name for name in puts if name not in pipes]),
        ("gets from", [name for name in gets if name not in pipes]),
        ("made", made),
    )
    parts = [f"{verb} {', '.join(names[:_MAX_CHANNELS])}" for verb, names in uses if names]
    return " · ".join(parts)


def cpu_scale(process: Process) -> tuple[float, float]:
    """Return the range of a CPU chart: up to one core, or to the maximum if more was used."""
    return 0.0, max(100.0, *process.cpu_history, 0.0)


def _started(process: Process) -> str:
    """Return by which start method a process was started, and where its handle was made, as far as it is known."""
    method = f"by {process.start_method}" if process.start_method else ""
    made = f"handle made at {made_at(process.site, process.library_site)}" if process.site is not None else ""
    return ", ".join(part for part in (method, made) if part)


def _times(process: Process) -> str:
    moments = (
        ("made", process.created), ("started", process.started), ("ended", process.ended), ("joined", process.joined)
    )  # fmt: skip
    return "  ".join(f"{name} {moment:.3f}" for name, moment in moments if moment is not None)


def _life(process: Process) -> str:
    """Return when a process was started, and by which start method, and when it has ended."""
    if process.role == "main" or process.started is None:
        return ""
    method = f" by {process.start_method}" if process.start_method else ""
    moments = [f"started{method} at {process.started:.2f} s"]
    moments += [f"ended at {process.ended:.2f} s"] if process.ended is not None else []
    moments += [f"joined at {process.joined:.2f} s"] if process.joined is not None else []
    return " · ".join(moments)


def exit_text(process: Process, where: str | None = None) -> str:
    """Return how a process ended, as Python reports it: `SIGTERM · exitcode −15`, `exit 1 · KeyError: 'b' at w.py:7`.

    where: the text for the place of its exception, if that is not to be the file and the line.
    """
    if process.signal:
        code = process.exitcode if process.exitcode is not None else ""
        return f"{process.signal} · exitcode {minus(code)}" if code != "" else process.signal
    if process.exitcode is None:
        return ""
    text = f"exit {process.exitcode}"
    if not process.error:
        return text
    place = f" at {where or process.error_site}" if process.error_site is not None else ""
    return sanitize(f"{text} · {process.error}{place}", 400)


def minus(number: int | str) -> str:
    """Return a number with a real minus sign, which is not mistaken for a hyphen."""
    return str(number).replace("-", "−")
