"""Reads from /proc which pipes, semaphores and shared memory a process has open (Linux)."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from stat import S_IRUSR, S_IWUSR

import msgspec

INODE_MASK = 0xFFFFFFFF
"""The part of an inode that is in the keys of what lies in its file."""
_CHANNEL = re.compile(r"(?:pipe|socket):\[(\d+)\]")
_SEMAPHORE = "/dev/shm/sem."
_DELETED = " (deleted)"
_MAPPED = re.compile(r"^\S+ \S+ \S+ \S+ (\d+) +(/dev/shm/.*)$", re.MULTILINE)


class OpenObjects(msgspec.Struct, frozen=True):
    """Objects of the operating system that a process has open, by which the objects of multiprocessing are known."""

    channels: frozenset[int]
    """Inodes of pipes and sockets."""
    semaphores: frozenset[str]
    """Names of semaphores, without the slash."""
    memory: frozenset[int]
    """Lower halves of the inodes of shared memory that is mapped or open."""


def open_objects(pid: int) -> OpenObjects | None:
    """Return what a process has open; None if it has ended or may not be read."""
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace")
        links = [_link(descriptor) for descriptor in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return None
    channels: set[int] = set()
    semaphores: set[str] = set()
    memory: set[int] = set()
    for path, inode in links:
        found = _CHANNEL.fullmatch(path)
        if found is not None:
            channels.add(int(found[1]))
        elif path.startswith("/dev/shm/"):
            memory.add(inode & INODE_MASK)
    for number, path in _MAPPED.findall(maps):
        if path.startswith(_SEMAPHORE):
            semaphores.add(path.removeprefix(_SEMAPHORE).removesuffix(_DELETED))
        else:
            memory.add(int(number) & INODE_MASK)
    return OpenObjects(frozenset(channels), frozenset(semaphores), frozenset(memory))


def open_ends(pid: int) -> dict[int, tuple[bool, bool]] | None:
    """Return whether a process can read and write at each pipe and socket that it has open, by inode.

    None if it has ended or may not be read.
    """
    found: dict[int, tuple[bool, bool]] = {}
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            channel = _CHANNEL.fullmatch(_link(descriptor)[0])
            if channel is None:
                continue
            with suppress(OSError):
                mode = descriptor.lstat().st_mode
                before = found.get(int(channel[1]), (False, False))
                found[int(channel[1])] = before[0] or bool(mode & S_IRUSR), before[1] or bool(mode & S_IWUSR)
    except OSError:
        return None
    return found


def _link(descriptor: Path) -> tuple[str, int]:
    """Return what a descriptor refers to, and its inode; an empty path when it has just been closed."""
    try:
        return str(descriptor.readlink()), descriptor.stat().st_ino
    except OSError:
        return "", 0
