"""The processes that belong to one program, found from any of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress

import msgspec

from ..kernel.identity import TICKS, exit_status
from ..kernel.procfs import fields_of, read_proc, stat_line

_OWN_CHILDREN = ("multiprocessing.spawn", "multiprocessing.forkserver", ".resource_tracker import main")
_HELPERS = {"multiprocessing.forkserver": "forkserver", ".resource_tracker import main": "resource tracker"}


class ProcessEntry(msgspec.Struct, frozen=True):
    """One process of the machine."""

    pid: int
    ppid: int
    state: str
    """R, S, D, T, t, Z, as in /proc/PID/stat."""
    started: float
    """Seconds after the machine's start. Together with the pid it identifies a process permanently."""
    cpu_seconds: float
    rss_pages: int
    threads: int
    executable: str
    """The path of the executable; empty if it may not be read."""
    arguments: tuple[str, ...]
    image: bytes = b""
    """A value that changes when the process executes another program."""
    status: int | None = None
    """The raw wait status of a zombie; see `exit_status`. Its parent may collect it at any time."""

    @property
    def python(self) -> bool:
        """True if the executable is named like a Python; a program that embeds Python has another name."""
        return "python" in self.executable.rpartition("/")[2] or "pypy" in self.executable

    @property
    def helper(self) -> str:
        """The role of a process that `multiprocessing` starts for itself, by its command line."""
        command = " ".join(self.arguments)
        return next((role for module, role in _HELPERS.items() if module in command), "")


def process_table(known: Mapping[int, ProcessEntry] | None = None) -> dict[int, ProcessEntry]:
    """Return all visible processes of the machine, by pid.

    Args:
        known: an earlier table. Executables and arguments of its processes are not read again.
    """
    found: dict[int, ProcessEntry] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 (no Path for each of hundreds)
        if name.isdigit():
            entry = read_entry(int(name), known.get(int(name)) if known is not None else None)
            if entry is not None:
                found[entry.pid] = entry
    return found


def read_entry(pid: int, known: ProcessEntry | None = None) -> ProcessEntry | None:
    """Return one process; None if no process has that pid.

    Args:
        pid: the pid.
        known: its last entry, if there is one.
    """
    line = stat_line(pid)
    if not line:
        return None
    fields = fields_of(line)
    executable, arguments = "", ()
    if known is not None and known.started == int(fields[19]) / TICKS and known.image == fields[45]:
        executable, arguments = known.executable, known.arguments
    else:
        with suppress(OSError):
            executable = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")  # noqa: PTH115
        with suppress(OSError):
            command = read_proc(f"{pid}/cmdline").rstrip(b"\0")
            arguments = tuple(os.fsdecode(word) for word in command.split(b"\0")) if command else ()
    return ProcessEntry(
        pid=pid,
        ppid=int(fields[1]),
        state=fields[0].decode(),
        started=int(fields[19]) / TICKS,
        cpu_seconds=(int(fields[11]) + int(fields[12])) / TICKS,
        rss_pages=int(fields[21]),
        threads=int(fields[17]),
        executable=executable,
        arguments=arguments,
        image=fields[45],
        status=exit_status(pid, fields),
    )


def program_root(table: dict[int, ProcessEntry], pid: int) -> int:
    """Return the process that started the program: the farthest ancestor from which multiprocessing has made this one.

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
    """Return a process and all its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in table.values():
        children.setdefault(entry.ppid, []).append(entry.pid)
    found = [root] if root in table else []
    for pid in found:
        found += sorted(children.get(pid, ()))
    return found


def orphans(table: dict[int, ProcessEntry], members: list[int], semaphores: set[int], pipes: set[int]) -> Iterator[int]:
    """Yield other processes of the table that have one of these objects open: their parent has ended.

    Args:
        table: all processes.
        members: the pids of those that are known to belong to the program.
        semaphores: the inodes of its semaphores, which only a process with the same executable can have.
        pipes: the inodes of its pipes and sockets.
    """
    known = set(members)
    executables = {table[pid].executable for pid in members if pid in table}
    for entry in table.values():
        if entry.pid in known or not entry.executable:
            continue
        if (entry.executable in executables and _maps_any(entry.pid, semaphores)) or _has_any_open(entry.pid, pipes):
            yield entry.pid


def _maps_any(pid: int, semaphores: set[int]) -> bool:
    with suppress(OSError), open(f"/proc/{pid}/maps", "rb") as maps:  # noqa: PTH123
        return any(b"/sem." in line and int(line.split(None, 5)[4]) in semaphores for line in maps)
    return False


def _has_any_open(pid: int, pipes: set[int]) -> bool:
    wanted = {f"{kind}:[{inode}]" for inode in pipes for kind in ("pipe", "socket")}
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd") if wanted else ():  # noqa: PTH208 (no Path for each of thousands)
            with suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{name}") in wanted:  # noqa: PTH115
                    return True
    return False


class Program(msgspec.Struct, frozen=True):
    """A tree of Python processes, to choose from."""

    root: ProcessEntry
    members: tuple[ProcessEntry, ...]


def programs() -> list[Program]:
    """Return the trees of Python processes of this user, the newest first, without ours and those that started us."""
    table = process_table()
    ours = _with_ancestors(table, os.getpid())
    roots: dict[int, None] = {}
    for entry in table.values():
        if entry.python and entry.state != "Z" and _same_user(entry.pid):
            roots.setdefault(program_root(table, entry.pid))
    found = [
        Program(table[root], tuple(table[pid] for pid in descendants(table, root)))
        for root in roots
        if root not in ours
    ]
    return sorted(found, key=lambda process: -process.root.started)


def _with_ancestors(table: dict[int, ProcessEntry], pid: int) -> set[int]:
    found: set[int] = set()
    while pid in table and pid not in found:
        found.add(pid)
        pid = table[pid].ppid
    return found


def uses_multiprocessing(pid: int) -> bool:
    """Return True if a process has loaded the module of semaphores, or has a semaphore mapped."""
    with suppress(OSError), open(f"/proc/{pid}/maps", "rb") as maps:  # noqa: PTH123
        return any(b"/_multiprocessing." in line or b"/sem." in line for line in maps)
    return False


def _same_user(pid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}").st_uid == os.geteuid()  # noqa: PTH116
    except OSError:
        return False
