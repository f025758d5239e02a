"""The shared memory behind Values, when the program truncates it or the file system is full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from rockproc.observer.kernel.arena_memory import ArenaMemory

SIZE = 1 << 16


class Maker:
    """A process that has a file of shared memory."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pym-1-x"
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT)
        os.truncate(self.file, SIZE)
        self.inode = os.fstat(self.file).st_ino & 0xFFFFFFFF
        self.memory = ArenaMemory(folder)
        self.memory.announce(self.inode, self.path.name, SIZE)

    def key(self, offset: int) -> int:
        return self.inode << 32 | offset


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Maker]:
    made = Maker(tmp_path)
    yield made
    made.memory.close()
    os.close(made.file)


@pytest.mark.parametrize("size", [0, 8, 4096])
def test_memory_that_was_truncated_cannot_be_read_and_does_not_end_us(maker: Maker, size: int) -> None:
    """The file was truncated: reading a map of it would raise SIGBUS."""
    os.pwrite(maker.file, b"before", 8192)
    assert maker.memory.read(maker.key(8192), 6) == b"before"
    os.truncate(maker.file, size)
    assert maker.memory.read(maker.key(8192), 6) is None
    assert not maker.memory.has(maker.key(8192), 6)
    assert maker.memory.has(maker.key(0), size)
    os.truncate(maker.file, SIZE)
    assert maker.memory.read(maker.key(8192), 6) == bytes(6)


def test_reading_gives_no_storage_to_memory_that_nobody_has_written(maker: Maker) -> None:
    """A map would allocate storage, and on a full file system it would raise SIGBUS instead."""
    assert maker.memory.read(maker.key(0), SIZE) == bytes(SIZE)
    assert os.fstat(maker.file).st_blocks == 0


def test_dropped_memory_is_closed(maker: Maker) -> None:
    def users() -> int:
        files = [link for link in Path("/proc/self/fd").iterdir() if link.is_file()]
        return sum(file.stat().st_ino == os.fstat(maker.file).st_ino for file in files)

    assert users() == 2
    maker.memory.drop(maker.inode)
    assert users() == 1, "only the maker's own is left"
    assert maker.memory.read(maker.key(0), 4) is None
    with pytest.raises(KeyError):
        maker.memory.write(maker.key(0), 0, b"x")


def test_a_value_of_more_than_one_read_is_whole(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system returns at most 2 GiB at once."""
    content = os.urandom(SIZE)
    os.pwrite(maker.file, content, 0)
    pread = os.pread

    def pread_less(file: int, size: int, offset: int) -> bytes:
        return pread(file, min(size, 1000), offset)

    monkeypatch.setattr(os, "pread", pread_less)
    assert maker.memory.read(maker.key(0), SIZE) == content
