"""The cells of a process in the list of processes: its name, its state, and what it is doing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rockproc.observer.model import Phase, Process, RunState, Site, State, ThreadCpu

from ..bases.lane_chart import dead_since
from ..bases.rows import column
from ..bases.view import View, state_glyph
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten, width
from .process_detail import cpu_scale, exit_text
from .process_list import ProcessRow

PID_CELLS = 7
_GLYPH_CELLS = 3
HEAD_CELLS = 1 + PID_CELLS + _GLYPH_CELLS
"""The number of cells of a row without the name and the activity of the process."""
_DURATION_CELLS = 7
_MIN_THREAD_SECONDS = 0.1
"""The smallest CPU time for which a thread has its own row."""
_MIN_SHOWN_CPU_SECONDS = 0.5
"""The smallest CPU time that is shown of a process that has ended."""
MAX_THREADS = 4
"""The number of threads of a process that have rows."""
_THREAD_CELLS = 18
_CHART_CELLS = 8
_NUMBERS_CELLS = 12
_MAX_PARENT_CELLS = 16
_MIN_ACTIVITY_CELLS = 18
"""The least number of cells of an activity beside a note about the parent."""
_CHARTS_CELLS = 2 * (_CHART_CELLS + 1)


def cells(row: ProcessRow, view: View, name_width: int, activity_cells: int, *, numbers: bool, charts: bool) -> Cells:
    """Return the cells of a process.

    Args:
        row: The process and its name with the branches of the tree.
        view: The view that is shown.
        name_width: Cells of the name.
        activity_cells: Cells for what the process is doing, including numbers and charts.
        numbers: True to show CPU and memory.
        charts: True to show the history of both as well.
    """
    process = row.process
    name = name_cells(row, view, name_width)
    if not row.wanted:  # an ancestor of a process that matches the filter
        blank = " " * (_GLYPH_CELLS + activity_cells)  # its lane stands below the same seconds as the others
        return (*name, column(_pid(process), PID_CELLS + 1, "dim", ">"), (blank, ""))
    glyph, role = state_glyph(process)
    if dead_since(process, view) is not None:
        role = "dead"
    found = [*name, column(_pid(process), PID_CELLS + 1, "dim", ">"), (f" {glyph} ", role)]
    room = activity_cells
    if numbers:
        found += _numbers(process, charts=charts)
        room -= _NUMBERS_CELLS + _CHARTS_CELLS * charts
    if process.state.alive and view.is_orphan(process):
        found.append(("orphan  ", "warn"))
        room -= len("orphan  ")
    elif process.state.alive and (parent := other_parent(process, view)) is not None:
        note = f"via {shorten(sanitize(parent.name), _MAX_PARENT_CELLS)}  "
        if room - width(note) >= _MIN_ACTIVITY_CELLS:
            found.append((note, "dim"))
            room -= width(note)
    return (*found, *activity(process, view, max(room, 0)))


def heading(name_width: int, activity_cells: int) -> Cells:
    """Return the names of the columns of a process and the cell before its lane."""
    left = f"{fit('process', name_width)}{'pid':>{PID_CELLS + 1}}   "
    what, since = "state and line", "for"
    return ((left + f"{fit(what, activity_cells - _DURATION_CELLS)}{since:>{_DURATION_CELLS}} ", "dim"),)


def held(process: Process, view: View) -> str:
    """Return which locks a process holds now, and since which line. It is named: its own row is the next one."""
    parts = [
        f"{sanitize(lock.name, 40)} since {site_text(hold.site, view)}" if hold.site is not None else lock.name
        for lock in view.snapshot.locks
        for hold in lock.holders
        if hold.process == process.key
    ]
    name = sanitize(process.name, 40)
    return f"{name} holds {', '.join(parts)}" if parts else f"{name} held a lock"


class ThreadRow(NamedTuple):
    """A thread that has a row below its process."""

    thread: int
    """The ident of the thread, or its negative number, as in `ThreadChange`."""
    cpu: ThreadCpu | None
    """The CPU of the thread, if that is known."""

    @property
    def number(self) -> int | None:
        """The kernel's number of the thread, if that is known."""
        return -self.thread if self.thread < 0 else self.cpu.number if self.cpu is not None else None


def threads(process: Process, with_lanes: Sequence[int]) -> list[ThreadRow]:
    """Return the threads of a process that have rows: those with lanes, and those that share its work.

    Args:
        process: the process.
        with_lanes: the threads that have lanes, as in `ThreadChange`.
    """
    numbers = {thread.ident: thread.number for thread in process.other_threads or () if thread.ident is not None}
    cpu = {thread.number: thread for thread in process.thread_cpu}
    rows = [ThreadRow(thread, cpu.get(-thread if thread < 0 else numbers.get(thread, 0))) for thread in with_lanes]
    busy = [thread for thread in process.thread_cpu if thread.seconds >= _MIN_THREAD_SECONDS]
    known = {row.number for row in rows}
    if len(busy) > 1:
        rows += [ThreadRow(-thread.number, thread) for thread in busy if thread.number not in known]
    return rows[:MAX_THREADS]


def thread_name(thread: int) -> str:
    """Return a short name of a thread, which has a number if the kernel's is known."""
    return f"thread {-thread}" if thread < 0 else "thread"


def thread_cells(
    row: ThreadRow, last: ThreadCpu | None, process: Process, trunk: str, view: View, columns: int
) -> Cells:
    """Return the row of a thread: its name, and what it waits for or how much it computes.

    If the present CPU of the thread is not known, `last` is its CPU as it was last sampled.
    """
    thread = row.cpu
    main = next((other.name for other in process.thread_cpu if other.number == process.pid), "")
    own = f" {sanitize(thread.name, 20)}" if thread is not None and thread.name != main else ""
    number = f" {row.number}" if row.number is not None else ""
    text = "  main thread" if row.number == process.pid else f"  thread{number}{own}"
    name_cells = min(max(width(text) + 2, _THREAD_CELLS), columns // 2)
    room = columns - width(trunk) - name_cells
    head: Cells = ((trunk, "dim"), (fit(shorten(text, name_cells - 1), name_cells), ""))
    wait = next((wait for wait in process.waits if wait.thread == row.thread), None)
    if wait is not None:
        since = quantities.since(view.now - wait.since)
        return (*head, *_placed(f"{wait.op} {wait.object}", wait.site, since, "wait", view, room))
    if thread is None:
        text = f"CPU time ≥ {last.seconds:.2f} s" if last is not None else ""
        return (*head, (fit(text, room), "dim"))
    percent = thread.percent or 0.0
    bar = quantities.bars([percent], 1, (0.0, 100.0))
    return (*head, (fit(f"{percent:.0f} % of a core {bar}  CPU time {thread.seconds:.2f} s", room), "number"))


def other_parent(process: Process, view: View) -> Process | None:
    """Return the parent for the operating system if that is not the process that made the handle: a forkserver."""
    parent = view.by_pid.get(process.ppid) if process.ppid is not None else None
    return parent if parent is not None and process.parent not in (None, parent.pid) else None


def name_cells(row: ProcessRow, view: View, name_width: int) -> Cells:
    """Return the branches of the tree and the name in its colour; a long name is shortened in the middle."""
    process = row.process
    branch = row.name[: len(row.name) - len(row.label)]
    quiet = not row.wanted or process.state in (State.JOINED, State.GONE)
    room = max(name_width - len(branch), 4)
    return ((branch, "dim"), (fit(shorten(row.label, room), room), "dim" if quiet else view.roles[process.key]))


def _pid(process: Process) -> str:
    return "" if process.pid is None else str(process.pid)


def _numbers(process: Process, *, charts: bool) -> list[tuple[str, str]]:
    """Return CPU and memory, and their history; blanks for a process that is not alive."""
    alive = process.state.alive
    cpu = "" if process.cpu is None or not alive else f"{process.cpu:.0f}%"
    found = [column(cpu, 4, "number", ">"), column(quantities.size(process.rss) if alive else "", 6, "dim", ">")]
    if charts:
        used = quantities.bars(process.cpu_history, _CHART_CELLS, cpu_scale(process)) if alive else ""
        memory = quantities.bars(process.rss_history, _CHART_CELLS) if alive else ""
        found.insert(1, column(f" {used}", _CHART_CELLS + 1, "number"))
        found.append(column(f" {memory}", _CHART_CELLS + 1, "dim"))
    return [*found, ("  ", "")]


def activity(process: Process, view: View, room: int) -> Cells:
    """Return in exactly `room` cells what a process is doing, or how it has ended."""
    state = process.state
    if state is State.CREATED:
        return (column("not started", room, "dim"),)
    if not state.alive:
        return _ended(process, view, room)
    waiting = process.main_wait
    stopped = state is State.STOPPED
    if waiting is not None:
        task = process.task
        idle = process.pool is not None and task is None and waiting.op == "get"
        what = "idle, waits for a task" if idle else f"{waiting.op} {waiting.object}"
        what += f" in {task.task}" if task is not None else ""
        role = "stop" if stopped else "dead" if dead_since(process, view) is not None else "wait"
        prefix = "stopped in " if stopped else ""
        return _placed(f"{prefix}{what}", waiting.site, quantities.since(view.now - waiting.since), role, view, room)
    if stopped:
        return _placed("stopped", process.line, "", "stop", view, room)
    if process.role in ("program", "forkserver", "resource tracker") and not process.probed:
        return (column(process.command or process.role, room, "dim"),)
    return _running(process, view, room)


def _running(process: Process, view: View, room: int) -> Cells:
    task = process.task
    if task is not None:
        more = f" and {task.running - 1} more" if task.running > 1 else ""
        length = quantities.since(view.now - (task.since or view.now))
        return _placed(f"runs {task.task}{more}", None, length, "", view, room)
    phase = f" {process.phase}" if process.phase not in (Phase.NONE, Phase.RUN) else ""
    count = len(process.waits)
    threads = f" +{count} {'thread waits' if count == 1 else 'threads wait'}" if count else ""
    what = {"asleep": "sleeps"}.get(process.idle, process.idle) or "running"
    if width(what + phase + threads) + _DURATION_CELLS > room:
        threads = ""
    quiet = process.idle or view.snapshot.state is RunState.ENDED
    return _placed(f"{what}{phase}{threads}", process.line, "", "dim" if quiet else "", view, room, last=True)


def _ended(process: Process, view: View, room: int) -> Cells:
    site = process.error_site
    how = exit_text(process, site_text(site, view) if site is not None else None) or "ended"
    bad = bool(process.signal or process.exitcode)
    if process.state is State.ZOMBIE:
        rest = " · zombie, not joined" if width(how) + 21 <= room else " · zombie"
        role = "dead"
    else:
        unknown = process.exitcode is None and process.signal is None
        joined = process.state is State.JOINED and process.role != "main"
        rest = " · joined" if joined else " · exit status unknown" if unknown else ""
        role = "ended"
    how = shorten(how, room)
    left = room - width(how)
    used = (process.cpu_user or 0.0) + (process.cpu_system or 0.0)
    cpu = f" · CPU ≥ {used:.1f} s" if used >= _MIN_SHOWN_CPU_SECONDS else ""
    rest = next((text for text in (rest + cpu, rest) if width(text) <= left), "")
    return ((how, "dead" if bad else "ended"), column(rest, left, role))


def _placed(
    what: str, site: Site | None, length: str, role: str, view: View, room: int, *, last: bool = False
) -> Cells:
    """Return a text, a site and a duration in exactly `room` cells. The text is cut, but never the line number.

    `last` is True if the site is where the process was last seen, and not where it is now.
    """
    tail = f"{length:>{_DURATION_CELLS}}" if length else ""
    where = f" {site_text(site, view)}" if site is not None else ""
    if where and last:
        where = f" after{where}"
    what = sanitize(what, 400)
    if width(what) + width(where) + len(tail) > room and site is not None:
        where = f" :{site.line}"
    left = max(room - width(where) - len(tail), 0)
    shown = shorten(what, left)
    gap = left - width(shown)
    return ((shown, role), (where, "dim"), (" " * gap, ""), (fit(tail, min(len(tail), room)), "dim"))


def site_text(site: Site, view: View) -> str:
    """Return `:36` if all processes are in one file, and otherwise `work.py:36`."""
    if view.only_file == site.path:
        return f":{site.line}"
    return f"{shorten(sanitize(Path(site.path).name), 20)}:{site.line}"
