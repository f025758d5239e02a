"""Describes in sentences a process, its activity, and its end."""

from __future__ import annotations

from rockproc.observer.model import Lock, Process, State, Wait
from rockproc.observer.model.keys import ChannelKey, LockKey

from ..bases.lane_chart import dead_since
from ..bases.view import View
from ..formatting import quantities
from ..formatting.sanitize import sanitize, shorten
from .process_detail import cpu_time, minus
from .process_rows import other_parent, site_text

_MAX_CALL_CELLS = 40
_MAX_LOCKS = 4
"""The number of held locks that are named."""


def about(process: Process, view: View) -> str:
    """Return the sentences about a process, without its name at the beginning."""
    if process.state is State.CREATED:
        return f"has a handle{_made_at(process, view)}, and start() was not called: there is no child and no pid yet."
    parts = [_origin(process, view)]
    parts.append(_now(process, view) if process.state.alive else _end(process))
    if process.state.alive and (held := _held(process, view)):
        parts.append(f"It holds {held}.")
    if cpu := cpu_time(process):
        parts.append(f"{cpu}.")
    return " ".join(part for part in parts if part)


def _made_at(process: Process, view: View) -> str:
    return f", made at {site_text(process.site, view)}" if process.site is not None else ""


def _origin(process: Process, view: View) -> str:
    """Return what a process is: its parent, its start method, and what it runs."""
    if process.role == "main":
        return f"is the program itself, pid {process.pid}." if process.pid is not None else "is the program itself."
    maker = view.by_pid.get(process.parent or 0)
    whose = f"a child of {sanitize(maker.name, 60)}" if maker is not None else "a process"
    daemon = "a daemon, " if process.daemon else ""
    how = f", started by {process.start_method}" if process.start_method else ""
    pid = f", pid {process.pid}" if process.pid is not None else ""
    if process.target:
        call = shorten(sanitize(f"{process.target}({process.args or ''})"), _MAX_CALL_CELLS)
        runs = f", to run {call}"
    elif process.command and not process.probed:
        runs = f": {shorten(sanitize(process.command), _MAX_CALL_CELLS)}"
    else:
        runs = ""
    parent = other_parent(process, view) if process.state.alive else None
    other = f" For the operating system it is a child of {sanitize(parent.name, 60)}." if parent is not None else ""
    return f"is {daemon}{whose}{how}{_made_at(process, view)}{pid}{runs}.{other}"


def _now(process: Process, view: View) -> str:
    if process.state is State.STOPPED:
        return "SIGSTOP has stopped it: it does nothing until SIGCONT comes."
    if process.unobserved is None:
        return _doing(process, view)
    more = f" {sanitize(process.inspection, 160)}" if process.inspection else ""
    without = f"It does not carry the probe ({process.unobserved})"
    if process.inspected:
        return f"{without} and is inspected from outside. {_doing(process, view)}{more}"
    return f"{without}: what it does is not known.{more}"


def _doing(process: Process, view: View) -> str:
    waiting = process.main_wait
    if waiting is not None:
        return _waits(process, waiting, view)
    if process.task is not None:
        return f"It runs the task {sanitize(process.task.task, 80)}."
    last = f"; its last operation of multiprocessing was at {site_text(process.line, view)}" if process.line else ""
    if process.idle == "asleep":
        return f"It sleeps{last}."
    if process.idle:
        return f"It {process.idle}{last}."
    return f"It runs{last}."


def _waits(process: Process, waiting: Wait, view: View) -> str:
    where = f" at {site_text(waiting.site, view)}" if waiting.site is not None else ""
    since = quantities.since(view.now - waiting.since)
    if process.pool is not None and process.task is None and waiting.op == "get":
        return f"It has waited for a task for {since}."
    until = _until(waiting, view)
    never = " No process can end this wait." if dead_since(process, view) is not None else ""
    return f"It has waited in {waiting.op}(){where} for {since}{until}.{never}"


def _until(waiting: Wait, view: View) -> str:
    """Return what would end a wait, as far as it is known."""
    name = sanitize(waiting.object, 60)
    if waiting.op == "join":
        return f", until {name} ends" if waiting.key in view.processes else f", for {name}"
    channel = view.channels.get(ChannelKey(waiting.key))
    if channel is not None:
        if waiting.op in ("get", "recv", "poll"):
            return f", until something comes out of {name}"
        return f", until there is room in {name}" if waiting.op in ("put", "send") else f", for {name}"
    lock = view.locks.get(LockKey(waiting.key))
    return f", {_until_lock(lock, name, view)}" if lock is not None else f", for {name}"


def _until_lock(lock: Lock, name: str, view: View) -> str:
    if lock.kind == "Event":
        return f"until a process calls {name}.set()"
    if lock.kind == "Barrier":
        return f"until {lock.value or 'all'} have come to {name}, where {len(lock.waiters)} are now"
    if lock.holders:
        holders = " and ".join(sanitize(view.who(hold.process)[0], 60) for hold in lock.holders[:3])
        return f"for {name}, which {holders} {'holds' if len(lock.holders) == 1 else 'hold'}"
    return f"until a process calls {name}.notify()" if lock.kind == "Condition" else f"for {name}"


def _held(process: Process, view: View) -> str:
    parts = [
        f"{sanitize(lock.name, 60)} (for {quantities.since(view.now - hold.since)})"
        for lock in view.snapshot.locks
        for hold in lock.holders
        if hold.process == process.key
    ]
    return " and ".join(parts[:_MAX_LOCKS])


def _end(process: Process) -> str:
    code = f"exitcode {minus(process.exitcode)}" if process.exitcode is not None else ""
    if process.signal:
        how = f"{process.signal} has ended it" + (f": {code}." if code else ".")
    elif process.error:
        where = f" at {process.error_site}" if process.error_site is not None else ""
        how = f"An uncaught exception has ended it: {sanitize(process.error, 200)}{where}; {code}."
    elif code:
        how = f"It has ended with {code}."
    else:
        how = "It has ended; its exit status is unknown."
    if process.state is State.ZOMBIE:
        return f"{how} It is a zombie: until its parent joins it, the system keeps its exit status."
    return f"{how[:-1]}, and it was joined." if process.state is State.JOINED and process.role != "main" else how
