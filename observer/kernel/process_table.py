"""Lists all descendants of a process from the process table of the operating system."""

from __future__ import annotations

import os
from typing import NamedTuple

from . import process_status
from .identity import TICKS, exit_status
from .procfs import fields_of, read_proc, stat_line

_READINGS_PER_FULL_SCAN = 8
"""The number of readings after which all processes are read again, since a pid may have been reused."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STATUS = {
    b"R": process_status.RUNNING,
    b"S": process_status.SLEEPING,
    b"D": process_status.DISK_SLEEP,
    b"T": process_status.STOPPED,
    b"t": process_status.TRACING_STOP,
    b"Z": process_status.ZOMBIE,
    b"X": process_status.DEAD,
    b"I": process_status.IDLE,
}


class Entry(NamedTuple):
    """One row of the process table."""

    pid: int
    create_time: float
    ppid: int
    status: str
    user: float
    """Seconds of CPU in user mode."""
    system: float
    """Seconds of CPU in the kernel."""
    rss: int | None
    threads: int | None
    exit_status: int | None
    image: bytes
    """Changes when the process executes another program, which also changes its command line."""

    @property
    def used(self) -> float:
        """Seconds of CPU in all."""
        return self.user + self.system


class LinuxTable:
    """Reads /proc/PID/stat once for each process, where psutil reads three to five files.

    For a sleeping process the line does not change, and `descendants` returns the same `Entry` object again.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[bytes, Entry]] = {}
        """The stat line of each process and its entry, by name in /proc."""
        self._unrelated: set[bytes] = set()
        """Names of processes that do not belong to the run, which are not read each time."""
        self._readings = 0

    def descendants(self, root: int) -> list[Entry]:
        self._readings += 1
        if self._readings % _READINGS_PER_FULL_SCAN == 0:
            self._unrelated.clear()
        running = {name for name in os.listdir(b"/proc") if name.isdigit()}  # noqa: PTH208 (bytes, and no Path for each)
        self._unrelated &= running
        self._known = {name: known for name in running - self._unrelated if (known := self._read(name)) is not None}
        children: dict[int, list[bytes]] = {}
        for name, (_, entry) in self._known.items():
            children.setdefault(entry.ppid, []).append(name)
        found: list[Entry] = []
        ours: set[bytes] = set()
        front = [root]
        while front:
            names = [name for parent in front for name in children.get(parent, ())]
            entries = [self._known[name][1] for name in names]
            ours.update(names)
            found += entries
            front = [entry.pid for entry in entries]
        self._ignore(self._known.keys() - ours)
        return found

    def command(self, pid: int) -> list[str]:
        """Return the words with which a process was executed; none if it has ended or cannot be read.

        Words beyond the first 16 kB are left out.
        """
        try:
            line = read_proc(f"{pid}/cmdline")
        except OSError:
            return []
        if not line.endswith(b"\0"):
            # The process has written a title of its own over its words, or they are longer.
            return [os.fsdecode(word) for word in line.replace(b"\0", b" ").split()]
        return [os.fsdecode(word) for word in line[:-1].split(b"\0")]

    def _read(self, name: bytes) -> tuple[bytes, Entry] | None:
        line = stat_line(int(name))
        known = self._known.get(name)
        if known is not None and known[0] == line:
            return known
        return (line, _entry(int(name), fields_of(line))) if line else None

    def _ignore(self, others: set[bytes]) -> None:
        """Stop reading unrelated processes, except one whose parent has just ended: our keeper may adopt it."""
        known, unrelated = self._known, self._unrelated
        parents = {name: b"%d" % known[name][1].ppid for name in others}
        unrelated |= {name for name, up in parents.items() if up in known or up in unrelated or up == b"0"}
        for name in others:
            del known[name]


def _entry(pid: int, fields: list[bytes]) -> Entry:
    ended = fields[0] == b"Z"
    return Entry(
        pid=pid,
        create_time=int(fields[19]) / TICKS,
        ppid=int(fields[1]),
        status=STATUS.get(fields[0], process_status.RUNNING),
        user=int(fields[11]) / TICKS,
        system=int(fields[12]) / TICKS,
        rss=None if ended else int(fields[21]) * PAGE_BYTES,
        threads=None if ended else int(fields[17]),
        exit_status=exit_status(pid, fields),
        image=fields[45],
    )
