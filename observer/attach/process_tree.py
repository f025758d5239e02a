"""The processes that belong to one program, found from any of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from ..kernel.identity import TICKS
from ..kernel.procfs import fields_of, read_proc, stat_line

_OWN_CHILDREN = ("multiprocessing.spawn", "multiprocessing.forkserver", "multiprocessing.resource_tracker")
_HELPERS = {"multiprocessing.forkserver": "forkserver", "multiprocessing.resource_tracker": "resource tracker"}


@dataclass(frozen=True)
class ProcessEntry:
    """One process of the machine."""

    pid: int
    ppid: int
    state: str
    """R, S, D, T, t, Z, as in /proc/PID/stat."""
    started: float
    """Seconds after the machine's start. With the pid, it names a process for ever."""
    cpu_seconds: float
    rss_pages: int
    threads: int
    executable: str
    """Empty where nobody may look."""
    arguments: tuple[str, ...]

    @property
    def python(self) -> bool:
        """By the name of the executable; an embedded Python has another one."""
        return "python" in self.executable.rpartition("/")[2] or "pypy" in self.executable

    @property
    def helper(self) -> str:
        """The role of a process that `multiprocessing` starts for itself, by its command line."""
        command = " ".join(self.arguments)
        return next((role for module, role in _HELPERS.items() if module in command), "")


def process_table() -> dict[int, ProcessEntry]:
    """All processes of the machine that can be seen, by pid."""
    found: dict[int, ProcessEntry] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 (no Path for each of hundreds)
        if name.isdigit() and (entry := read_entry(int(name))) is not None:
            found[entry.pid] = entry
    return found


def read_entry(pid: int) -> ProcessEntry | None:
    """None where there is no such process."""
    line = stat_line(pid)
    if not line:
        return None
    fields = fields_of(line)
    executable, command = "", b""
    with suppress(OSError):
        executable = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")  # noqa: PTH115
    with suppress(OSError):
        command = read_proc(f"{pid}/cmdline")
    return ProcessEntry(
        pid=pid,
        ppid=int(fields[1]),
        state=fields[0].decode(),
        started=int(fields[19]) / TICKS,
        cpu_seconds=(int(fields[11]) + int(fields[12])) / TICKS,
        rss_pages=int(fields[21]),
        threads=int(fields[17]),
        executable=executable,
        arguments=tuple(os.fsdecode(word) for word in command.rstrip(b"\0").split(b"\0")) if command else (),
    )


def program_root(table: dict[int, ProcessEntry], pid: int) -> int:
    """The process that started the program: the farthest ancestor from which multiprocessing has made this one.

    A child that was forked has its parent's executable and arguments; one that was spawned names a module of
    multiprocessing in its arguments.
    """
    while True:
        entry = table.get(pid)
        parent = table.get(entry.ppid) if entry is not None else None
        if entry is None or parent is None or not parent.executable or entry.executable != parent.executable:
            return pid
        own = any(module in " ".join(entry.arguments) for module in _OWN_CHILDREN)
        if not own and entry.arguments != parent.arguments:
            return pid
        pid = parent.pid


def descendants(table: dict[int, ProcessEntry], root: int) -> list[int]:
    """A process and everything that it has started, parents first."""
    children: dict[int, list[int]] = {}
    for entry in table.values():
        children.setdefault(entry.ppid, []).append(entry.pid)
    found = [root] if root in table else []
    for pid in found:
        found += sorted(children.get(pid, ()))
    return found


def orphans(table: dict[int, ProcessEntry], members: list[int], semaphores: set[int]) -> Iterator[int]:
    """Processes elsewhere in the table that have one of these semaphores mapped: their parent has ended.

    semaphores: inodes.
    """
    known = set(members)
    executables = {table[pid].executable for pid in members if pid in table}
    for entry in table.values():
        if entry.pid not in known and entry.executable in executables and entry.executable:
            with suppress(OSError), open(f"/proc/{entry.pid}/maps", "rb") as maps:  # noqa: PTH123
                if any(b"/sem." in line and int(line.split(None, 5)[4]) in semaphores for line in maps):
                    yield entry.pid


@dataclass(frozen=True)
class Program:
    """A tree of Python processes, to choose from."""

    root: ProcessEntry
    members: tuple[ProcessEntry, ...]


def programs() -> list[Program]:
    """The trees of Python processes of this user that use multiprocessing or have children, the newest first."""
    table = process_table()
    own = os.getpid()
    roots: dict[int, None] = {}
    for entry in table.values():
        if entry.python and entry.pid != own and entry.state != "Z" and _same_user(entry.pid):
            roots.setdefault(program_root(table, entry.pid))
    found = [
        Program(table[root], tuple(table[pid] for pid in descendants(table, root) if pid != own)) for root in roots
    ]
    return sorted(found, key=lambda each: -each.root.started)


def _same_user(pid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}").st_uid == os.geteuid()  # noqa: PTH116
    except OSError:
        return False
