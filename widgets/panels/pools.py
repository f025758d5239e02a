"""Pools and executors: the progress of their tasks, and what each worker is doing."""

from __future__ import annotations

from rockproc.observer.model import Pool, Process, State, Worker

from ..bases.panel import made_at
from ..bases.rows import Row, column, length
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import View, state_glyph
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize, shorten, width
from .process_rows import site_text

_BAR_CELLS, _MIN_BAR_CELLS = 30, 8
_MAX_SITE_CELLS = 40
"""The preferred and the minimum number of cells of the bar."""


class Pools(SearchablePanel):
    HELP = "Each Pool and executor: tasks done, failed, running and waiting, and what each worker runs now. A task is one call: each item of a map is one."  # noqa: E501
    BINDING_GROUP_TITLE = "Pools"
    EMPTY = (
        "No Pool and no ProcessPoolExecutor yet. Each appears here as soon as the program makes it, with its workers."
    )
    NAME = "pools"
    TITLE = "Pools"
    NUMBER = 8
    DRAWER = True
    NOTHING = "no pools"

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.pools)

    def preferred_rows(self, view: View, columns: int) -> int:
        return len(self._formatted(view, columns))

    def empty(self) -> str:
        return self.EMPTY if self.view.live else "This program made no Pool, ThreadPool or ProcessPoolExecutor."

    def rows(self, view: View) -> list[Row]:
        pools = view.snapshot.pools
        running = sum(pool.running for pool in pools)
        self.headline(
            (f"{self.title}  {_tasks(running)} running" if pools else self.title) + view.dropped_note("pools")
        )
        return self._formatted(view, self.columns)

    def _formatted(self, view: View, columns: int) -> list[Row]:
        rows: list[Row] = []
        for pool in sorted(view.snapshot.pools, key=lambda pool: pool.ended != "" and not pool.running):
            if rows:
                rows.append(Row((pool.key, "gap"), (), False))
            rows += _pool(pool, view, columns)
        return rows


def _pool(pool: Pool, view: View, columns: int) -> list[Row]:
    rows = [
        Row(pool.key, _heading(pool, view, columns)),
        Row((pool.key, "tasks"), _progress(pool, view, columns), False),
    ]
    rows += [Row((pool.key, wait.key, "waits"), _waits(wait, pool, view), False) for wait in _waiting(pool, view)]
    if pool.error:
        rows.append(Row((pool.key, "error"), (("  last failure  ", "dim"), (sanitize(pool.error, 200), "bad")), False))
    names = max((width(shorten(sanitize(worker.name), 40)) for worker in pool.workers), default=0)
    counts = max((len(_count(worker)) for worker in pool.workers), default=0)
    rows += [
        Row(
            (pool.key, worker.process, worker.thread),
            _worker(worker, view, min(names, columns // 3), counts, columns),
        )
        for worker in pool.workers
    ]
    ended = pool.employed - len(pool.workers)
    if ended > 0:
        other = "other " if pool.workers else ""
        have = f"{other}worker has" if ended == 1 else f"{other}workers have"
        rows.append(Row((pool.key, "ended"), ((f"  {ended} {have} ended", "dim"),), False))
    return rows


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{quantities.count(count)} tasks"


def _left(pool: Pool, view: View) -> bool:
    """Return True if the process that made a pool has ended without closing it."""
    owner = view.processes.get(pool.owner) if pool.owner is not None else None
    return pool.ended == "" and owner is not None and not owner.state.alive


def _heading(pool: Pool, view: View, columns: int) -> Cells:
    state, role = {"": ("open", "good"), "broken": ("✖ broken", "bad")}.get(pool.ended, (pool.ended, "dim"))
    if _left(pool, view):
        state, role = f"✖ {shorten(sanitize(view.who(pool.owner)[0]), 40)} has ended", "bad"
    what = f"  {pool.kind} of {pool.size}" + (f", {pool.limit} each" if pool.limit else "")
    left = ((shorten(sanitize(pool.name), 40), "heading"), (what, ""), ("  ", ""), (state, role))
    where = ""
    if pool.site is not None:
        where = sanitize(made_at(pool.site, pool.library_site)) if pool.library_site else site_text(pool.site, view)
    if columns - length(left) <= len(where):  # the user's line comes first
        where = shorten(sanitize(str(pool.site)), _MAX_SITE_CELLS)
    room = columns - length(left)
    return (*left, column(where, room, "dim", ">")) if room > len(where) else left


def _progress(pool: Pool, view: View, columns: int) -> Cells:
    """Return a bar of all submitted tasks, and the same numbers in words."""
    over = pool.ended in ("terminated", "broken") or _left(pool, view)
    parts = (
        (pool.done, "█", "good", "done"),
        (pool.failed, "▒", "bad", "failed"),
        (pool.lost, "✖", "bad", "lost"),
        (pool.running, "▓", "wait", "running"),
        (pool.cancelled, "·", "dim", "cancelled"),
        (pool.unfinished, "·", "dim", "given up"),
        (pool.waiting, "░", "dim", "never begun" if over else "waiting"),
    )
    words: list[tuple[str, str]] = [(f"{quantities.count(pool.done)} of {quantities.count(pool.submitted)} done", "")]
    for count, glyph, role, word in parts[1:]:
        if count:
            mark = role if role == "bad" else ""
            words += [("  ", ""), (f"{glyph} ", role), (f"{quantities.count(count)} {word}", mark)]
    room = max(min(_BAR_CELLS, columns - length(tuple(words)) - 4), _MIN_BAR_CELLS)
    bar: list[tuple[str, str]] = []
    total, reached, drawn = max(pool.submitted, 1), 0, 0
    for count, glyph, role, _ in parts:
        reached += count
        upto = min(round(reached * room / total), room)
        if count and role == "bad":  # failures are shown however many tasks there are
            upto = max(upto, min(drawn + 1, room))
        bar.append((glyph * (upto - drawn), role))
        drawn = max(upto, drawn)
    return (("  ", ""), *bar, ("░" * (room - drawn), "dim"), ("  ", ""), *words)


def _waiting(pool: Pool, view: View) -> list[Process]:
    return [process for process in view.snapshot.processes if any(wait.key == pool.key for wait in process.waits)]


def _waits(process: Process, pool: Pool, view: View) -> Cells:
    wait = next(wait for wait in process.waits if wait.key == pool.key)
    who, role = view.who(process.key)
    what = "waits for all to end" if wait.op == "join" else "waits for a result"
    where = f"  at {site_text(wait.site, view)}" if wait.site else ""
    return (
        ("  ◂ ", "wait"), (shorten(sanitize(who), 40), role), (f" {what}", ""),
        (f"  {quantities.since(view.now - wait.since)}{shorten(sanitize(where), 40)}", "dim"),
    )  # fmt: skip


def _worker(worker: Worker, view: View, name_width: int, count_width: int, columns: int) -> Cells:
    process = view.processes.get(worker.process)
    glyph, role = ("◌", "dim")
    if not worker.alive:
        glyph, role = "✖", "bad"
    elif worker.thread:
        glyph, role = ("●", "good") if worker.running else (glyph, role)
    elif process is not None and (worker.running or process.state is State.STOPPED):
        glyph, role = state_glyph(process)
    who = view.who(worker.process)[1] if not worker.thread else "name"
    since = f"  {quantities.since(view.now - worker.since)}" if worker.running and worker.since and worker.alive else ""
    room = max(columns - name_width - 6 - max(len(since), 9) * bool(since) - 2 - count_width, 0)
    return (
        ("  ", ""), (f"{glyph} ", role), column(shorten(sanitize(worker.name), 40), name_width, who), ("  ", ""),
        column(*_at(worker, process, room)), column(since, 9, "dim", ">") if since else ("", ""),
        ("  ", ""), column(_count(worker), count_width, "dim", ">"),
    )  # fmt: skip


def _count(worker: Worker) -> str:
    return f"{quantities.count(worker.done)} done" + (
        f", {quantities.count(worker.failed)} failed" if worker.failed else ""
    )


def _at(worker: Worker, process: Process | None, room: int) -> tuple[str, int, str]:
    """Return what a worker is doing, the width of that text, and its role."""
    if worker.lost:
        how = (process.signal if process is not None else None) or "ended"
        return f"{how}, lost {_call(worker)}", room, "bad"
    waiting = process.main_wait if process is not None and not worker.thread else None
    if not worker.running:
        puts = waiting is not None and waiting.op == "put"
        return "puts its result" if puts else "idle, waits for a task", room, "dim"
    inside = f"  {waiting.op} {waiting.object}" if waiting is not None else ""
    return f"{_call(worker)}{inside}", room, "wait" if inside else ""


def _call(worker: Worker) -> str:
    return worker.task if worker.running == 1 else f"{worker.task} and {worker.running - 1} more"
