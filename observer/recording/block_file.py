"""The blocks of a recording, in a file that only grows."""

from __future__ import annotations

import os
import tempfile
import threading
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from .format import (
    BLOCK,
    DELTAS,
    END,
    FIRST_LINE,
    HEAD,
    MAGIC,
    MAX_BLOCK_BYTES,
    MAX_FULL_DELTA_DISTANCE_BYTES,
    VERSION,
    Block,
    Has,
    RecordingError,
    unpack,
)

SEGMENT = 128 << 20
"""Bytes after which a file that is not to be saved continues in another one; only the last two files are kept."""


class BlockFile:
    """A file of blocks. One thread writes it, and any thread may read it."""

    def __init__(self, file: BinaryIO, *, kept: bool, path: Path | None = None, last_bytes: int | None = None) -> None:
        """Begin with a file.

        Args:
            file: it holds the first line of a recording.
            kept: keep all files; otherwise only the last two.
            path: where the file is, if it may be replaced by a shorter one.
            last_bytes: what the file at `path` may hold at most. Its older half is dropped whenever it is full.
        """
        self._kept = kept
        self._path = path
        self._last_bytes = last_bytes
        self._files = [file]
        self.head = b""
        """The first block, unpacked."""
        self._lock = threading.Lock()
        self.blocks: list[Block] = []
        """The blocks with deltas, in the order of time."""
        self.end: Block | None = None
        self.damage = ""
        """The damage after the last block, if the file was cut short."""
        self._messages: int = 0
        self._lines: int = 0

    @classmethod
    def write(cls, path: Path | None = None, last_bytes: int | None = None) -> BlockFile:
        """Create the file. Raises OSError.

        Args:
            path: where it is created; without it, the file has no name and ends with this process.
            last_bytes: the most bytes that the file may hold; by default it holds all of the run.
        """
        place = path.resolve() if path is not None else None  # a link stays one when the file is replaced
        return cls(_begun(place), kept=path is not None, path=place, last_bytes=last_bytes)

    @classmethod
    def read(cls, path: Path) -> BlockFile:
        """Open a recording. Raises OSError, and RecordingError if the file is no recording."""
        file = path.open("rb")
        blocks = cls(file, kept=True)
        try:
            blocks._scan(file)
        except BaseException:
            file.close()
            raise
        return blocks

    def _scan(self, file: BinaryIO) -> None:
        line = file.readline(len(FIRST_LINE) + 8)
        if not line.startswith(MAGIC):
            raise RecordingError("is no recording of rockproc")
        if line != FIRST_LINE:
            version = line[len(MAGIC) :].strip().decode("ascii", "replace")
            raise RecordingError(f"is a recording of version {version!r}; this rockproc reads version {VERSION}")
        size = os.fstat(file.fileno()).st_size
        far = 0
        while len(head := file.read(BLOCK.size)) == BLOCK.size:
            tag, packed, raw, checksum, begin, end, messages, output, has, _ = BLOCK.unpack(head)
            offset = file.tell()
            if (
                tag not in (HEAD, DELTAS, END)
                or raw > MAX_BLOCK_BYTES
                or offset + packed > size
                or not begin <= end < 1e12
            ):
                self.damage = f"is damaged or cut short after {self.blocks[-1].end if self.blocks else 0:.1f} s"
                break
            far = raw if has & Has.FULL else far + raw
            if far > MAX_FULL_DELTA_DISTANCE_BYTES:
                raise RecordingError("is damaged: its parts unpack to more than can be shown")
            self._index(Block(tag, 0, offset, packed, raw, checksum, begin, end, messages, output, has))
            file.seek(packed, os.SEEK_CUR)
        else:
            if head:
                self.damage = "was cut short"
        if not self.head:
            raise RecordingError("contains no run: it is damaged or empty")

    def _index(self, block: Block) -> None:
        block = block._replace(message=self._messages, line=self._lines)
        self._messages += block.messages
        self._lines += block.output
        if block.tag == DELTAS:
            if self.blocks and block.begin < self.blocks[-1].begin:
                raise RecordingError("is damaged: its parts are not in the order of time")
            self.blocks.append(block)
        elif block.tag == HEAD:
            self.head = self.head or self.bytes_of(block)
        else:
            self.end = block

    def write_head(self, raw: bytes) -> None:
        self.head = raw
        self._write(HEAD, raw, 0.0, 0.0, 0, 0, 0)

    def append(self, raw: bytes, begin: float, end: float, messages: int, output: int, has: int) -> None:
        """Append deltas. The first ones of a file must be full."""
        with self._lock:
            if not self._kept and self._files[-1].tell() > SEGMENT and has & Has.FULL:
                self._turn_over()
            self._write(DELTAS, raw, begin, end, messages, output, has)

    def finish(self, raw: bytes, at: float) -> None:
        with self._lock:
            self._write(END, raw, at, at, 0, 0, 0)

    def _write(self, tag: bytes, raw: bytes, begin: float, end: float, messages: int, output: int, has: int) -> None:
        packed = zlib.compress(raw, 1)
        facts = len(packed), len(raw), zlib.crc32(packed), begin, end, messages, output, has
        if self._last_bytes is not None and self._files[-1].tell() + BLOCK.size + len(packed) > self._last_bytes:
            self._shorten(self._last_bytes // 2)
        file = self._files[-1]
        file.write(BLOCK.pack(tag, *facts, 0))
        offset = file.tell()
        file.write(packed)
        file.flush()
        self._index(Block(tag, len(self._files) - 1, offset, *facts))

    def _turn_over(self) -> None:
        self._files.append(_begun(None))
        self._write(HEAD, self.head, 0.0, 0.0, 0, 0, 0)
        number = len(self._files) - 1
        if number >= 2:
            self.blocks = [block for block in self.blocks if block.file >= number - 1]
            self._files[number - 2].close()

    def _shorten(self, wanted_bytes: int) -> None:
        """Replace the file by one with its newest blocks, of about `wanted_bytes`. Raises OSError.

        At every moment there is a whole recording at the path. The new one begins with a block that has every object.
        """
        old, path = self._files[-1], self._path
        assert path is not None
        number = len(self._files)
        here = [block for block in self.blocks if block.file == number - 1]
        starts = [index for index, block in enumerate(here) if block.has & Has.FULL]
        end = old.tell()
        fitting = [index for index in starts if end - here[index].offset <= wanted_bytes]
        begin = fitting[0] if fitting else starts[-1] if starts else 0
        if not begin:
            return  # every object takes up more than that
        partial = path.with_name(f"{path.name}~")
        new = _begun(partial)
        try:
            packed = zlib.compress(self.head, 1)
            facts = len(packed), len(self.head), zlib.crc32(packed), 0.0, 0.0, 0, 0, 0, 0
            new.write(BLOCK.pack(HEAD, *facts) + packed)
            moved = new.tell() - (here[begin].offset - BLOCK.size)
            _copy_from(old, here[begin].offset - BLOCK.size, new)
            new.flush()
            partial.replace(path)
        except BaseException:
            new.close()
            partial.unlink(missing_ok=True)
            raise
        self._files.append(new)
        # The list is replaced and not changed, for readers in other threads; so is the file that they may still read.
        self.blocks = [block._replace(file=number, offset=block.offset + moved) for block in here[begin:]]
        for file in self._files[: number - 1]:
            file.close()

    def bytes_of(self, block: Block) -> bytes:
        """Return the unpacked content of a block. Raises RecordingError."""
        try:
            packed = os.pread(self._files[block.file].fileno(), block.size, block.offset)
        except (OSError, ValueError) as error:
            raise RecordingError(f"cannot be read: {error}") from error
        return unpack(block, packed)

    def save(self, path: Path) -> None:
        """Save all that was written so far to another file. Raises OSError."""
        with self._lock:
            partial = path.with_name(path.name + "~")
            try:
                with partial.open("wb") as copy:
                    for number, file in enumerate(self._files):
                        if not file.closed:
                            self._copy(file, copy, whole=not copy.tell(), number=number)
                partial.replace(path)
            except OSError:
                partial.unlink(missing_ok=True)
                raise

    def _copy(self, file: BinaryIO, copy: BinaryIO, *, whole: bool, number: int) -> None:
        place = 0 if whole else min(block.offset for block in self.blocks if block.file == number) - BLOCK.size
        _copy_from(file, place, copy)


def _copy_from(file: BinaryIO, place: int, copy: BinaryIO) -> None:
    while chunk := os.pread(file.fileno(), 1 << 20, place):
        copy.write(chunk)
        place += len(chunk)


def _begun(path: Path | None) -> BinaryIO:
    file = path.open("w+b") if path is not None else cast("BinaryIO", tempfile.TemporaryFile(prefix="rockproc-"))  # noqa: SIM115
    file.write(FIRST_LINE)
    return file
